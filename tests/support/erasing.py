"""Erasures asked for and confirmed, and cases and people that may be erased."""

import json
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.identity.people import Organisation, OrganisationKind, Person
from sandbox_registry.domain.privacy.erasures import Erasure, ErasureKind, HoldKind, LegalHold
from tests.support.stages import OWNER, received
from tests.support.world import World

ADMIN, SIGNER, KEEPER = "quan_tri", "chu_tich", "van_thu"
BASIS = "Luật 91/2025/QH15 Điều 14"


async def propose(world: World, target: UUID, *, kind: ErasureKind = ErasureKind.CASE, by: str = ADMIN) -> Erasure:
    return await world.use_cases.erasures.propose(
        world.context(by),
        kind=kind,
        target_id=target,
        basis=BASIS,
        reason="Chủ thể yêu cầu xóa.",
        reference="12/YC-2026",
    )


async def confirm(world: World, erasure: Erasure, *, by: str = SIGNER) -> Erasure:
    return await world.use_cases.erasures.confirm(world.context(by), erasure.id, expected_version=erasure.version)


async def refused_intake(world: World) -> Application:
    """A case that ended at intake, with a letter of its applicant."""
    case = await received(world)
    await world.use_cases.messages.send(world.context(OWNER), case.id, body="Xin gọi 0913 000 000 gặp anh Tôm.")
    stopped = await world.use_cases.applications.request_withdrawal(
        world.context(OWNER), case.id, expected_version=case.version, reason="Vợ tôi ốm nặng."
    )
    return await world.use_cases.intake.stop(world.context("mot_cua"), case.id, expected_version=stopped.version)


async def newcomer(world: World, *, email: str = "le.thi.tom@camau.example") -> Person:
    """A person with an account, a password and a token, who never did anything."""
    return await world.use_cases.people.register(
        world.context(ADMIN), full_name="Lê Thị Tôm", email=email, phone="0913 111 222", password="mười hai con cua"
    )


async def own_applicant(world: World, person: Person) -> Organisation:
    """The person as an applicant, with an endpoint for webhooks and one removed."""
    actor, hooks = world.context("nguoi_la", person_id=person.id), world.use_cases.webhooks
    own = await world.use_cases.organisations.create(
        actor,
        kind=OrganisationKind.INDIVIDUAL,
        name="Lê Thị Tôm",
        tax_code=None,
        address="Ấp Cái Nước",
        email="le.thi.tom@camau.example",
        phone="",
        licence_end=None,
    )
    signing = world.context("nguoi_la", person_id=person.id, signs_for_organisations=frozenset({own.id}))
    for path in ("cu", "moi"):
        url = f"https://tom-cai-nuoc.example/{path}"
        made = await hooks.create(signing, organisation_id=own.id, url=url, events=["*"], description="máy của Tôm")
        if path == "cu":
            await hooks.remove(signing, made.endpoint.id)
    return own


async def hold(world: World, case_id: UUID, *, by: str = KEEPER) -> LegalHold:
    return await world.use_cases.legal_holds.place(
        world.context(by), case_id, kind=HoldKind.INSPECTION, reason="Thanh tra yêu cầu.", reference="45/TTr"
    )


async def everything_written(owner: AsyncEngine) -> str:
    """All that the database holds, in whatever table, as text."""
    words: list[str] = []
    async with owner.connect() as connection:
        tables = await connection.exec_driver_sql(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        for table in tables.scalars().all():
            rows = await connection.exec_driver_sql(f'SELECT to_jsonb(held) FROM "{table}" AS held')  # noqa: S608 - a name the catalogue gave.
            words += [_readable(value) for row in rows.scalars() for value in row.values()]
    return "\n".join(words)


def _readable(value: object) -> str:
    """Write a value as text, bytes as what they say."""
    if isinstance(value, str):
        return bytes.fromhex(value[2:]).decode(errors="replace") if value.startswith("\\x") else value
    return json.dumps(value, ensure_ascii=False)
