"""A small province to test in: units, people with offices, two startups, a clock that moves only when told."""

from copy import copy
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from sandbox_registry.authz import Authorizer
from sandbox_registry.db.core.engine import Database
from sandbox_registry.documents.uploads.scanning import NullScanner
from sandbox_registry.documents.uploads.store import Store
from sandbox_registry.domain.audit import Pseudonyms
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.identity.people import (
    Actor,
    Membership,
    MembershipKind,
    Organisation,
    OrganisationKind,
    Person,
    Role,
    RoleGrant,
)
from sandbox_registry.domain.identity.tokens import UNLIMITED, Limits
from sandbox_registry.domain.rules.rule_versions import RuleKind, RuleStatus, RuleVersion
from sandbox_registry.rulebook.rule_book import RuleBook
from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.usecases.identity.passwords import Passwords, load_common_passwords
from sandbox_registry.usecases.registry import UseCases, wire
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.operators import nobody
from sandbox_registry.usecases.transaction.transactions import Transactions
from tests.support.inspection import INSPECTOR, ROOM
from tests.support.passwords import CHEAP_HASHER
from tests.support.snapshots import Snapshots

RULES = RuleBook(takes_drafts=True)  # Versions never change, so every test may share what was read.
AUTHORIZER = Authorizer(shipped("policies") / "casbin")  # Nor does the policy, of which it remembers the answers.
PASSWORDS = Passwords(load_common_passwords(shipped("policies") / "common-passwords.txt"), hasher=CHEAP_HASHER)
PROCEDURE = "ca-mau-2026-draft"
AI_PROCEDURE = "ai-decree-142-2026"
START = datetime(2026, 11, 20, 7, tzinfo=UTC)  # Friday 20 November 2026, 14:00 in Ca Mau.
OFFICES = {
    "mot_cua": (Role.ONE_STOP_OFFICER, "one_stop"),
    "mot_cua_2": (Role.ONE_STOP_OFFICER, "one_stop"),
    "chuyen_vien": (Role.FOCAL_OFFICER, "focal"),
    "chuyen_vien_2": (Role.FOCAL_OFFICER, "focal"),
    "truong_phong": (Role.FOCAL_HEAD, "focal"),
    "chu_tich": (Role.DECISION_MAKER, "committee"),
    "van_thu": (Role.RECORDS_OFFICER, "committee"),
    "phan_bien_1": (Role.REVIEWER, "focal"),
    "phan_bien_2": (Role.REVIEWER, "focal"),
    "uy_vien_1": (Role.COUNCIL_EXPERT, "focal"),
    "uy_vien_2": (Role.COUNCIL_EXPERT, "focal"),
    "uy_vien_3": (Role.COUNCIL_EXPERT, "focal"),
    "uy_vien_4": (Role.COUNCIL_EXPERT, "focal"),
    "uy_vien_5": (Role.COUNCIL_EXPERT, "focal"),
    "uy_vien_6": (Role.COUNCIL_EXPERT, "focal"),
    "thu_ky": (Role.COUNCIL_EXPERT, "focal"),
    "cong_an": (Role.CONSULTED_OFFICER, "police"),
    "y_te": (Role.CONSULTED_OFFICER, "health"),
    "khieu_nai": (Role.COMPLAINTS_OFFICER, "committee"),
    "giam_sat": (Role.SUPERVISOR, "focal"),
    "dai_bieu": (Role.HDND_MEMBER, "council"),
    "thanh_tra": (Role.AUDITOR, "inspectorate"),
    "quan_tri": (Role.SYSTEM_ADMIN, "focal"),
    "quan_tri_2": (Role.SYSTEM_ADMIN, "focal"),
    "mot_cua_noi_khac": (Role.ONE_STOP_OFFICER, "elsewhere"),
}
UNITS = {
    "one_stop": ("Trung tâm Phục vụ hành chính công tỉnh", "H12.01", True),
    "focal": ("Sở Khoa học và Công nghệ", None, True),
    "committee": ("Ủy ban nhân dân tỉnh Cà Mau", None, True),
    "police": ("Công an tỉnh", None, False),
    "health": ("Sở Y tế", None, False),
    "council": ("Hội đồng nhân dân tỉnh", None, False),
    "inspectorate": ("Thanh tra tỉnh", None, False),
    "elsewhere": ("Đơn vị khác", None, False),
}


ANYBODY = RequestContext(actor=nobody(request_id="test"))
"""In this context somebody acts of whom nothing is known yet."""


@dataclass
class Clock:
    """A clock that stands still until it is told to move."""

    at: datetime = START

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.at

    def forward(self, **how_far: float) -> None:
        """Move on, as `timedelta` reads it."""
        self.at += timedelta(**how_far)


@dataclass
class World:
    """Everything a test needs to act as somebody."""

    use_cases: UseCases
    clock: Clock
    snapshots: Snapshots
    held: list[tuple[object, dict[str, Any]]] = field(default_factory=list)
    units: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
    startup: UUID = field(default_factory=uuid7)
    rival: UUID = field(default_factory=uuid7)

    @property
    def transactions(self) -> Transactions:
        """The frame under the use cases."""
        return self.use_cases.transactions

    @property
    def database(self) -> Database:
        """The database under the frame."""
        return self.transactions.database

    def __post_init__(self) -> None:
        """Keep what the use cases hold before anybody uses them."""
        if not self.held:
            self.held = [(each, _copied(vars(each))) for each in _parts(self.use_cases)]

    def forget(self) -> None:
        """Let the use cases hold what they held at first, whatever a test has set and they have remembered since."""
        for each, held in self.held:
            vars(each).clear()
            vars(each).update(_copied(held))

    async def settle(self) -> None:
        """Put units, people and the two startups into the database."""
        async with self.database.transaction() as work:
            for key, (name, agency_code, handles) in UNITS.items():
                unit = _organisation(OrganisationKind.STATE_UNIT, name, at=self.clock.at)
                codes = (PROCEDURE, AI_PROCEDURE) if handles else ()
                await work.add(replace(unit, agency_code=agency_code, handles=codes))
                self.units[key] = unit.id
            for name in [*OFFICES, "nguoi_dai_dien", "nguoi_soan", "doi_thu", "nguoi_la"]:
                person = _person(name, at=self.clock.at)
                await work.add(person)
                self.people[name] = person.id
            for identity, name, code in (
                (self.startup, "Công ty TNHH Tôm Sáng", "2001234560"),
                (self.rival, "Công ty CP Cua Biển", "2007654329"),
            ):
                firm = _organisation(OrganisationKind.ENTERPRISE, name, at=self.clock.at)
                await work.add(replace(firm, id=identity, tax_code=code))
        async with self.database.transaction() as work:
            for name, (role, unit_key) in OFFICES.items():
                await work.add(_grant(self.people[name], role, self.units[unit_key], at=self.clock.at))
            for name, organisation_id, kind in (
                ("nguoi_dai_dien", self.startup, MembershipKind.LEGAL_REPRESENTATIVE),
                ("nguoi_soan", self.startup, MembershipKind.EDITOR),
                ("doi_thu", self.rival, MembershipKind.LEGAL_REPRESENTATIVE),
            ):
                await work.add(_membership(self.people[name], organisation_id, kind, at=self.clock.at))

    async def token(self, name: str, *, limits: Limits = UNLIMITED, days: int = 30) -> str:
        """Return a fresh bearer token of somebody."""
        made = await self.use_cases.tokens.create(
            self.context(name), name="test", limits=limits, lifetime=timedelta(days=days)
        )
        return made.secret

    def actor(self, name: str, **changes: Any) -> Actor:
        """Return somebody as an actor: an office holder, the startup's people, its rival, or a stranger."""
        role = OFFICES.get(name)
        signs = {"nguoi_dai_dien": {self.startup}, "doi_thu": {self.rival}}.get(name, set())
        actor = Actor(
            person_id=self.people[name],
            offices=frozenset({(role[0], self.units[role[1]])} if role else ()),
            signs_for_organisations=frozenset(signs),
            drafts_for_organisations=frozenset({self.startup} if name == "nguoi_soan" else ()),
            signs_for=None,
            auth_method="test",
            token_scopes=None,
            request_id=f"test-{name}",
        )
        return replace(actor, **changes)

    def context(self, name: str, **changes: Any) -> RequestContext:
        """Return the context in which somebody acts; `changes` as of `actor`."""
        return RequestContext(actor=self.actor(name, **changes))

    async def draft(self, *, procedure_code: str = PROCEDURE, answers: dict[str, Any] | None = None) -> Application:
        """Begin a draft of the startup, with answers if given."""
        owner = self.context("nguoi_dai_dien")
        application = await self.use_cases.applications.create(
            owner,
            procedure_code=procedure_code,
            organisation_id=self.startup,
            receiving_unit_id=None,
            title="Giám sát ao tôm bằng thị giác máy tính",
        )
        if answers is None:
            return application
        return await self.use_cases.applications.edit(
            owner, application.id, expected_version=application.version, title=None, answers=answers
        )


def _parts(use_cases: UseCases) -> list[object]:
    return [getattr(use_cases, each.name) for each in fields(use_cases)]


def _copied(held: dict[str, Any]) -> dict[str, Any]:
    return {name: copy(value) if isinstance(value, dict | set) else value for name, value in held.items()}


def new_world(database: Database, *, snapshots: Snapshots, documents: Path) -> World:
    """Wire the use cases over a test database."""
    clock = Clock()
    transactions = Transactions(
        database=database,
        authorizer=AUTHORIZER,
        rules=RULES,
        pseudonyms=Pseudonyms(b"k" * 32),
        now=clock,
        new_id=uuid7,
    )
    return World(
        use_cases=wire(
            transactions,
            store=Store(documents),
            scanner=NullScanner(),
            inspector=INSPECTOR,
            passwords=PASSWORDS,
            max_upload_bytes=5_000_000,
            storage=ROOM,
            sends_mail=True,
        ),
        clock=clock,
        snapshots=snapshots,
    )


def shipped_rules() -> list[RuleVersion]:
    """Return the rules that come with the program, in force since long ago."""
    folder = shipped("policies")
    files = [(RuleKind.PROCEDURE, path) for path in sorted((folder / "procedures").glob("*.toml"))]
    files.append((RuleKind.CALENDAR, folder / "calendars" / "vn.toml"))
    return [_rule(kind, path) for kind, path in files]


def _rule(kind: RuleKind, path: Path) -> RuleVersion:
    content = path.read_bytes()
    since = datetime(2026, 1, 1, tzinfo=UTC)
    return RuleVersion(
        id=uuid7(),
        version=1,
        kind=kind,
        code=path.stem,
        checksum=sha256(content).hexdigest(),
        content=content.decode(),
        status=RuleStatus.APPROVED,
        proposed_by=None,
        proposed_at=since,
        approved_at=since,
        effective_from=since,
    )


def _grant(person_id: UUID, role: Role, unit_id: UUID, *, at: datetime) -> RoleGrant:
    return RoleGrant(
        id=uuid7(),
        version=1,
        person_id=person_id,
        role=role,
        unit_id=unit_id,
        valid_from=at,
        valid_to=None,
        title="Chủ tịch" if role is Role.DECISION_MAKER else "",
    )


def _membership(person_id: UUID, organisation_id: UUID, kind: MembershipKind, *, at: datetime) -> Membership:
    return Membership(
        id=uuid7(),
        version=1,
        organisation_id=organisation_id,
        person_id=person_id,
        kind=kind,
        valid_from=at,
        valid_to=None,
    )


def _organisation(kind: OrganisationKind, name: str, *, at: datetime) -> Organisation:
    return Organisation(
        id=uuid7(),
        version=1,
        kind=kind,
        name=name,
        tax_code=None,
        address="Phường An Xuyên, tỉnh Cà Mau",
        email="lienhe@camau.example",
        phone="02903000000",
        licence_end=None,
        agency_code=None,
        handles=(),
        created_at=at,
    )


def _person(name: str, *, at: datetime) -> Person:
    return Person(
        id=uuid7(),
        version=1,
        full_name=name.replace("_", " ").title(),
        email=f"{name}@camau.example",
        phone="0913000000",
        disabled_at=None,
        created_at=at,
    )
