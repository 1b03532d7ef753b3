"""Use cases: procedures, calendars, forms and their versions."""
