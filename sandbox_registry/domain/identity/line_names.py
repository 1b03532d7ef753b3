"""What a line of the policy is called, for the people who read under which rule something was done."""

import re

from sandbox_registry.domain.acts import act_name
from sandbox_registry.domain.identity.office_names import office_name
from sandbox_registry.domain.identity.people import Relation
from sandbox_registry.domain.texts import Phrase, Wording, is_known

_LINE = re.compile(
    r"(?:p\d+ )?(?:r:(?P<role>\w+)|\*),(?P<relation>[\w*]+),[^,]*,(?P<act>[\w:]+),(?P<effect>allow|deny)"
)
_GROUPS = {
    "acts:appraisal": Phrase("act_group.appraisal"),
    "acts:case": Phrase("act_group.case"),
    "acts:decision": Phrase("act_group.decision"),
    "acts:handling": Phrase("act_group.handling"),
    "acts:intake": Phrase("act_group.intake"),
    "acts:official": Phrase("act_group.official"),
    "acts:read_case": Phrase("act_group.read_case"),
    "acts:read_registry": Phrase("act_group.read_registry"),
    "acts:write": Phrase("act_group.write"),
}
_SAID_BY_OFFICE = frozenset({Relation.NONE, Relation.OVERSEER, Relation.UNIT})
"""How everybody of an office stands: where a line names the office, that says it all."""


def line_name(line: str | None) -> Wording | None:
    """Name a line as the log writes it (`PolicyLine.text`), also one of an earlier policy; null for what is no line."""
    match = None if line is None else _LINE.fullmatch(line)
    if match is None:
        return None
    who = Phrase("policy_line.anybody") if match["role"] is None else office_name(match["role"])
    does = _GROUPS.get(match["act"], act_name(match["act"]))
    is_said = match["role"] is not None and match["relation"] in _SAID_BY_OFFICE
    if is_known(f"standing.{match['relation']}") and not is_said:
        who = Phrase("policy_line.standing", who=who, standing=Phrase(f"standing.{match['relation']}"))
    if match["effect"] == "deny":
        return Phrase("policy_line.deny", who=who, does=does)
    return Phrase("policy_line.allow", who=who, does=does)
