"""Terms written from every example dossier that ends in a permit are terms the registry takes."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from sandbox_registry.api.permits.permit_schemas import TermsIn
from sandbox_registry.demo.dossiers import load_dossiers, load_scenarios, starting
from sandbox_registry.demo.terms import permit_terms

PERMITTED = sorted(slug for slug, scenario in load_scenarios().items() if scenario["course"] == "permit")
UNIT = "01a2009a-506d-7559-b506-9f75e82f45e4"


@pytest.mark.parametrize("slug", PERMITTED)
def test_terms_of_an_example_fit_the_schema(slug: str) -> None:
    dossier = starting(load_dossiers()[slug], date(2027, 1, 4))
    decided = datetime(2027, 1, 5, 2, tzinfo=UTC)
    terms = permit_terms(
        dossier.answers, not_before=decided, conditions=["Một điều kiện."], supervising_unit_id=UNIT, kind=None
    )
    read = msgspec.json.decode(msgspec.json.encode(terms), type=TermsIn)
    assert read.start == decided
    assert read.max_users == dossier.answers["users"]["max_users"]
    assert [limit.quantity for limit in read.limits] == [
        row["quantity"] for row in dossier.answers["limits"].get("technical", ())
    ]
