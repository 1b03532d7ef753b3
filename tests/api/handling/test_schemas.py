"""What happens to a body between the wire and the use case."""

import msgspec

from sandbox_registry.api.cases.appraisal_schemas import AssignmentIn
from sandbox_registry.api.cases.intake import DeliveryIn
from sandbox_registry.domain.identity.people import Capacity


def test_enumeration_stays_one() -> None:
    body = b'{"person_id": "01a2009a-506d-7559-b506-9f75e82f45e4", "capacity": "supervisor"}'
    assert msgspec.json.decode(body, type=AssignmentIn).capacity is Capacity.SUPERVISOR


def test_text_is_normalised() -> None:
    decomposed = '{"channel": "  Bo\u0302\u0323 pha\u0323\u0302n "}'.encode()
    assert msgspec.json.decode(decomposed, type=DeliveryIn).channel == "Bộ phận"
