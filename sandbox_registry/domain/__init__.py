"""Rules of the field as plain Python: no input or output, no clock, no framework."""
