"""What an act is to the machines of the parties of its case."""

from dataclasses import replace

from sandbox_registry.domain.kinds.events import EVENTS, CaseEvent, case_events
from sandbox_registry.domain.stages import Stage
from tests.domain.small import case


def test_change_of_stage_is_an_event_and_an_edit_is_not() -> None:
    before = case(Stage.SUBMITTED, code="H12.01-1")
    after = replace(before, stage=Stage.ACCEPTED, version=before.version + 1)
    about = {
        "application_id": str(before.id),
        "code": "H12.01-1",
        "stage": "accepted",
        "version": after.version,
        "procedure_code": before.procedure_code,
        "url": f"/api/v1/applications/{before.id}",
    }
    assert case_events([after], before=before) == (CaseEvent(type="application.accepted", data=about),)
    assert case_events([replace(before, title="Khác")], before=before) == ()
    assert case_events([{"read": "application:read"}], before=before) == ()


def test_draft_is_nobodys_news() -> None:
    draft = case(Stage.DRAFT)
    assert case_events([replace(draft, stage=Stage.WITHDRAWN)], before=draft) == ()
    assert [each.type for each in case_events([replace(draft, stage=Stage.SUBMITTED)], before=draft)] == [
        "application.submitted"
    ]
    assert "application.draft" not in EVENTS
