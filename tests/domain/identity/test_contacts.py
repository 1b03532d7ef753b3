"""One form of an e-mail address, and one answer to whether two are the same."""

import pytest

from sandbox_registry.domain.identity.contacts import contact_errors, email_key


@pytest.mark.parametrize(
    "email",
    [
        "\N{CYRILLIC SMALL LETTER A}n@camau.example",
        "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}an@camau.example",
        "\N{FULLWIDTH LATIN SMALL LETTER A}n@camau.example",
        "an\N{NO-BREAK SPACE}@camau.example",
        "an\N{ZERO WIDTH SPACE}@camau.example",
        "\N{KELVIN SIGN}an@camau.example",
        "tôm@camau.example",
        "an@cà-mau.example",
        "an@camau",
        "an camau@camau.example",
    ],
)
def test_address_that_looks_like_another_is_refused(email: str) -> None:
    assert [each.code for each in contact_errors(name="An", email=email, phone="")] == ["wrong_email"]


@pytest.mark.parametrize("email", ["an@camau.example", "o'brien+a.b@x.example", "An_1@Sub.Camau.Example"])
def test_plain_address_is_taken(email: str) -> None:
    assert not list(contact_errors(name="An", email=email, phone=""))


@pytest.mark.parametrize(
    "email", ["An@CaMau.example", " an@camau.example ", "\N{FULLWIDTH LATIN CAPITAL LETTER A}n@camau.example"]
)
def test_one_address_has_one_key(email: str) -> None:
    assert email_key(email) == "an@camau.example"


def test_dotted_capital_is_another_letter() -> None:
    assert email_key("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}an@camau.example") != email_key("ian@camau.example")
