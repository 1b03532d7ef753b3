"""What `rules check` says of the authorities that a procedure names: who may issue, be asked, and be referred to."""

from collections import Counter

from sandbox_registry.domain.identity.organisations import is_agency_code
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.texts import search_form
from sandbox_registry.rulebook.faults import Faults, fault

_PEOPLES_COUNCIL = (search_form("Hội đồng nhân dân"), "hdnd")
"""It makes the law and oversees; it neither decides cases nor gives opinions on them."""


def authority_faults(procedure: Procedure) -> Faults:
    """List authorities that cannot do what they are named for."""
    issuing = procedure.issuing_body.vi
    if _is_peoples_council(issuing):
        yield fault("peoples_council", "issuing_body")
    for index, route in enumerate(procedure.routes):
        if route.authority is not None and search_form(route.authority.vi) == search_form(issuing):
            yield fault("route_to_itself", f"routes.{index}.authority")
        if route.authority is not None and _is_peoples_council(route.authority.vi):
            yield fault("peoples_council", f"routes.{index}.authority")
    if any(route.target is not None for route in procedure.routes) and "transfer.term" not in procedure.parameters:
        yield fault("unsaid_gap", "parameters.transfer.term", name="transfer.term")
    yield from _consultation_faults(procedure)


def _consultation_faults(procedure: Procedure) -> Faults:
    asked = Counter((search_form(rule.agency.vi), rule.when) for rule in procedure.consultations)
    for rule in procedure.consultations:
        key, name = f"consultations.{rule.key}", search_form(rule.agency.vi)
        if _is_peoples_council(rule.agency.vi):
            yield fault("peoples_council", f"{key}.agency")
        if name == search_form(procedure.issuing_body.vi):
            yield fault("asks_itself", f"{key}.agency")
        if asked[name, rule.when] > 1:
            yield fault("duplicate_key.agency", f"{key}.agency")
        if rule.agency_code is not None and not is_agency_code(rule.agency_code):
            yield fault("wrong_value.agency_code", f"{key}.agency_code")


def _is_peoples_council(name: str) -> bool:
    return any(each in search_form(name) for each in _PEOPLES_COUNCIL)
