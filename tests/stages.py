"""Cases brought to a stage, step by step, by the people who would do it."""

from hashlib import sha256
from typing import Any

from sandbox_registry.domain.applications import Application
from tests.policies.test_procedures import ATTACHED, DOSSIER
from tests.world import World

OWNER, INTAKE, FOCAL, HEAD = "nguoi_dai_dien", "mot_cua", "chuyen_vien", "truong_phong"
REVIEWERS = ("phan_bien_1", "phan_bien_2")


async def complete_draft(world: World, *, answers: dict[str, Any] | None = None) -> Application:
    """A draft with every answer and every part the procedure asks for."""
    draft = await world.draft(answers=answers or DOSSIER)
    for part in sorted(ATTACHED):
        await world.use_cases.applications.add_document(
            world.actor(OWNER),
            draft.id,
            part=part,
            filename=f"{part}.pdf",
            media_type="application/pdf",
            size=1000,
            sha256=sha256(part.encode()).hexdigest(),
        )
    return draft


async def submitted(world: World) -> Application:
    """A dossier filed by its signatory."""
    draft = await complete_draft(world)
    return await world.use_cases.applications.submit(world.actor(OWNER), draft.id, expected_version=draft.version)


async def received(world: World) -> Application:
    """A filed dossier with its code."""
    filed = await submitted(world)
    return await world.use_cases.intake.receive(world.actor(INTAKE), filed.id, expected_version=filed.version)


async def accepted(world: World) -> Application:
    """A complete dossier taken in."""
    case = await received(world)
    return await world.use_cases.intake.accept(world.actor(INTAKE), case.id, expected_version=case.version)
