"""Failures that an operator has to deal with."""


class Failure(Exception):
    """Something went wrong that the person who started the program can mend; the message is one line that says what."""
