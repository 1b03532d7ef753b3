"""The PostgreSQL that comes with the program."""
