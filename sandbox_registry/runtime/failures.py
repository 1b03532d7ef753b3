"""What an operator has to see to."""


class Failure(Exception):
    """Something went wrong that the person who started the program can mend; the message is one line that says what."""
