"""Database: procedures, calendars, forms and their versions."""
