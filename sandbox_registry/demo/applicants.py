"""The startups of the demonstration: they register, draft together, attach their papers, file, and answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sandbox_registry.demo.caller import PASSWORD, Caller, Unexpected
from sandbox_registry.demo.dossiers import Dossier
from sandbox_registry.demo.papers import papers, typeset
from sandbox_registry.domain.rules.procedures import Procedure


@dataclass(slots=True)
class Case:
    """One dossier on its way, as its people know it."""

    caller: Caller
    dossier: Dossier
    scenario: Mapping[str, Any]
    procedure: Procedure
    id: str = ""
    code: str = ""
    version: int = 0
    stage: str = "-"
    outcome: str = ""
    refused_with: list[tuple[str, str]] = field(default_factory=list)

    @property
    def owner(self) -> str:
        """Who signs, by e-mail."""
        return self.dossier.representative.email

    @property
    def writer(self) -> str:
        """Who drafts, by e-mail: a colleague when there is one."""
        editors = [person.email for person in self.dossier.people if person.standing == "editor"]
        return editors[0] if editors else self.owner

    async def act(self, by: str, act: str, body: Any = None) -> Any:
        """Do something that moves the case, having seen its newest version."""
        answer = await self.caller.ask(
            "POST", f"/applications/{self.id}/{act}", by=by, version=self.version, body=body if body is not None else {}
        )
        await self.refresh()
        return answer

    async def add(self, by: str, path: str, body: Any, *, method: str = "POST") -> Any:
        """Put something beside the case."""
        return await self.caller.ask(method, f"/applications/{self.id}/{path}", by=by, body=body)

    async def refresh(self) -> Any:
        """Look at the case as its owner."""
        view = await self.caller.ask("GET", f"/applications/{self.id}", by=self.owner)
        application = view["application"]
        self.version, self.stage, self.code = application["version"], application["stage"], application["code"] or ""
        return view


async def begin(case: Case) -> None:
    """Register the people and the organisation, and begin the draft."""
    dossier = case.dossier
    for person in dossier.people:
        account = {"full_name": person.full_name, "email": person.email, "phone": "", "password": PASSWORD}
        await case.caller.ask("POST", "/registrations", by=None, body=account)
    firm = dossier.organisation
    registered = await case.caller.ask(
        "POST",
        "/organisations",
        by=case.owner,
        body={
            "kind": firm.kind,
            "name": firm.name,
            "tax_code": firm.tax_code,
            "address": firm.address,
            "email": firm.email,
            "phone": "",
        },
    )
    for person in dossier.people:
        if person.standing != "legal_representative":
            member = {"email": person.email, "kind": person.standing}
            await case.caller.ask("POST", f"/organisations/{registered['id']}/members", by=case.owner, body=member)
    draft = {"procedure_code": dossier.procedure, "organisation_id": registered["id"], "title": dossier.title}
    case.id = (await case.caller.ask("POST", "/applications", by=case.writer, body=draft))["id"]
    await case.refresh()


async def draft(case: Case) -> None:
    """Fill the form section by section, as a page would save it, and attach every paper."""
    for section, answers in case.dossier.answers.items():
        await _save(case, {section: answers})
    for paper in papers(case.dossier, case.procedure):
        await upload(case, part=paper.part, filename=paper.filename, content=typeset(paper))
    await case.refresh()


async def _save(case: Case, answers: Mapping[str, Any]) -> None:
    path = f"/applications/{case.id}"
    saved = await case.caller.ask(
        "PATCH", path, by=case.writer, version=case.version, body={"answers": answers}, expect=(200, 422)
    )
    # What the form refuses while drafting is tried again whole when filing, where every problem is listed.
    case.version = saved.get("version", case.version)


async def upload(case: Case, *, part: str, filename: str, content: bytes) -> None:
    """Attach one file."""
    query = urlencode({"part": part, "filename": filename})
    await case.caller.ask("POST", f"/applications/{case.id}/documents?{query}", by=case.writer, content=content)


async def file(case: Case) -> bool:
    """File the dossier; say whether it was taken, and keep what was wrong when it was not.

    Where the answers lead to another authority, the applicant reads its name and files here all the same.
    """
    problems = await case.caller.ask("GET", f"/applications/{case.id}/problems", by=case.owner)
    named = problems["referral"]
    confirmed = f"?{urlencode({'confirmed_authority': named['authority']['vi']})}" if named else ""
    try:
        await case.act(case.owner, f"submission{confirmed}", {"digest": (await _look(case))["digest"]})
    except Unexpected as refused:
        if refused.answer.status_code != 422:  # noqa: PLR2004 - the status of a dossier with faults.
            raise
        case.refused_with = [(each["field"], each["code"]) for each in refused.answer.json()["errors"]]
        return False
    return True


async def complete(case: Case) -> None:
    """Answer a supplement request: change exactly what it names, say why where nothing is to change, file again."""
    for item in case.scenario["supplement"]["items"]:
        kind, _, path = item["target"].partition(".")
        if kind == "documents":
            paper = next(each for each in papers(case.dossier, case.procedure) if each.part == path)
            content = {**paper.content, "title": f"{case.dossier.title} (bản bổ sung)"}
            again = typeset(type(paper)(part=path, filename=paper.filename, content=content, made_at=paper.made_at))
            await upload(case, part=path, filename=f"Bổ sung - {paper.filename}", content=again)
            await case.refresh()
        else:
            section, name = path.split(".")
            await _save(case, {section: {name: _elaborated(case.dossier.answers[section][name])}})
    filing = await _look(case)
    reasons = {item["target"]: "Bảng đã đủ số liệu theo yêu cầu." for item in filing["unanswered"]}
    await case.act(case.owner, "supplement", {"digest": filing["digest"], "no_change_because": reasons})


async def _look(case: Case) -> Any:
    """Look, as who signs, at what would be filed and how it is named."""
    return await case.caller.ask("GET", f"/applications/{case.id}/submission", by=case.owner)


def _elaborated(answer: Any) -> Any:
    """Add to a text what the officer asked for; a table was complete and is sent again."""
    return f"{answer.rstrip()} (Đã bổ sung theo phiếu yêu cầu.)" if isinstance(answer, str) else answer
