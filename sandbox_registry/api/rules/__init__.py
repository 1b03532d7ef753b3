"""JSON handlers: procedures, calendars, forms and their versions."""
