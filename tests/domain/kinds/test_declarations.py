"""What is not declared is closed, and what is declared badly does not start."""

from dataclasses import replace

import pytest

from sandbox_registry.domain.acts import ANY_KIND, Action, Audience, Logged, Side, known_to
from sandbox_registry.domain.cases.applications import Message
from sandbox_registry.domain.kinds.every import BY_NAME, KINDS, by_name, emptied_with
from sandbox_registry.domain.kinds.kind import Event, Kept, Kind, Rows
from sandbox_registry.domain.privacy.erasures import ErasureKind

NOTE = Kind(name="note", erasure=Kept("why"))


def test_act_is_known_to_nobody_whom_its_line_does_not_name() -> None:
    for audience in Audience:
        assert known_to(audience) == {act for act in Action if audience in act.known_to}
    assert known_to(Audience.APPLICANT) < known_to(Audience.OFFICIALS) == known_to(Audience.OVERSEERS)
    secret = {act for act in Action if act.is_reading or act.side is Side.INTERESTS} | {Action.COUNCIL_VOTE}
    assert known_to(Audience.APPLICANT).isdisjoint(secret)
    assert not any(act.known_to for act in Action if act.side in {Side.OWN_ACCOUNT, Side.REGISTRY_READING})


def test_only_readings_and_the_edit_of_a_draft_may_leave_no_entry() -> None:
    quiet = {act for act in Action if act.logged is not Logged.ALWAYS}
    assert {act for act in quiet if not act.is_reading} == {Action.APPLICATION_EDIT}


def test_kind_declares_nothing_and_is_closed() -> None:
    assert (NOTE.read_by, NOTE.in_bundle, NOTE.in_history) == (None, False, False)
    assert (NOTE.exported, NOTE.events, NOTE.rows, NOTE.for_analysts) == (frozenset(), (), None, False)


@pytest.mark.parametrize(
    "changes",
    [
        {"in_bundle": True},
        {"in_history": True},
        {"exported": frozenset({"body"})},
        {"events": (Event(name="note.added", needs=Action.REVIEW_READ),)},
        {"of": Message},
        {"rows": Rows.CHANGED},
    ],
)
def test_kind_that_is_carried_but_not_read_or_half_stored_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="note"):
        replace(NOTE, **changes)  # type: ignore[arg-type]  # Each case names its fields.


def test_kinds_and_what_acts_write_agree_or_nothing_starts() -> None:
    assert by_name(KINDS, Action) == BY_NAME
    for kinds in ((*KINDS, NOTE), KINDS[1:], (*KINDS, KINDS[0]), (*KINDS, replace(KINDS[0], name="note"))):
        with pytest.raises(ValueError, match=r"note|declared|application"):
            by_name(kinds, Action)
    assert {act for act in Action if ANY_KIND in act.writes} == {Action.ERASURE_CONFIRM}


def test_erasures_take_what_people_gave_and_nothing_else() -> None:
    assert set(emptied_with(ErasureKind.CASE)) == {
        "application",
        "clarification",
        "complaint",
        "document",
        "dossier_version",
        "message",
        "supplement_request",
    }
    assert {name: each.about for name, each in emptied_with(ErasureKind.ACCOUNT).items()} == {
        "browser_session": "person_id",
        "organisation": "id",
        "person": "id",
        "token": "person_id",
        "webhook": "organisation_id",
    }
