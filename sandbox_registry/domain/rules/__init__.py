"""Domain: procedures, calendars, forms and their versions."""
