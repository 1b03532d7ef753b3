"""What an act on a case is to the machines of its parties: identities and codes, nothing personal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.integrations.webhooks import SOURCE
from sandbox_registry.domain.kinds.every import BY_CLASS, KINDS
from sandbox_registry.domain.kinds.kind import Event
from sandbox_registry.domain.stages import Stage

EVENTS: Mapping[str, Event] = {event.name: event for kind in KINDS for event in kind.events}
"""Every event that webhooks tell, by name."""
GROUPS = ("*", "application.*", "clarification.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvent:
    """Something that happened to a case and that its parties may be told: identities and codes, nothing personal."""

    type: str
    data: Mapping[str, object] = field(default_factory=dict)


def case_events(changed: Iterable[object], *, before: Application) -> tuple[CaseEvent, ...]:
    """Say what an act on a case that changed these objects is to the machines of its parties."""
    states = tuple(changed)
    saved = [state for state in states if isinstance(state, Application)]
    case = saved[-1] if saved else before
    about: dict[str, object] = {
        "application_id": str(case.id),
        "code": case.code,
        "stage": str(case.stage),
        "version": case.version,
        "procedure_code": case.procedure_code,
        "url": f"{SOURCE}/applications/{case.id}",
    }
    names = []
    if case.stage is not before.stage and (case.stage is Stage.SUBMITTED or before.stage is not Stage.DRAFT):
        names.append(f"application.{case.stage}")
    if case.code != before.code:
        names.append("application.received")
    return (
        *(CaseEvent(type=name, data=about) for name in names if name in EVENTS),
        *(CaseEvent(type=each.type, data={**about, **each.data}) for state in states for each in _related(state)),
    )


def _related(state: object) -> Iterable[CaseEvent]:
    """Say what the change of an object beside the case is; nothing where its kind declares no event of its own."""
    kind = BY_CLASS.get(type(state))
    for event in kind.events if kind else ():
        data = None if event.of is None else event.of(state)
        if data is not None:
            yield CaseEvent(type=event.name, data=data)
