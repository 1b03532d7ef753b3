"""What is another's beside what is nobody's, of every kind that can be asked for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from sandbox_registry.db.cases.dossiers import live_documents
from sandbox_registry.db.identity.credentials import keep_hash
from sandbox_registry.documents.uploads.scanning import NullScanner
from sandbox_registry.documents.uploads.store import Store
from sandbox_registry.domain.identity.tokens import Limits
from sandbox_registry.usecases.registry import wire
from sandbox_registry.usecases.transaction.transactions import Transactions
from tests.api.contract.routes import NOBODY_KNOWS
from tests.support.client import Client
from tests.support.decided import issued
from tests.support.inspection import INSPECTOR, ROOM
from tests.support.passwords import CHEAP
from tests.support.world import PROCEDURE, World

RIVAL, STRANGER = "doi_thu", "nguoi_la"
PEOPLE = (RIVAL, STRANGER, "van_thu", "chuyen_vien")
Ask = Callable[[], Awaitable[httpx.Response]]


@dataclass(frozen=True, slots=True)
class Pair:
    """The same request twice: for what is another's, and for what is nobody's. `names` are what the two call it."""

    theirs: Ask
    none: Ask
    names: tuple[object, object]


def rewired(world: World, tmp_path: Path, kind: type[Transactions] = Transactions) -> World:
    """The same world without quotas, with passwords that cost little, and perhaps with a fault."""
    before = world.transactions
    transactions = kind(
        database=before.database,
        authorizer=before.authorizer,
        rules=before.rules,
        pseudonyms=before.pseudonyms,
        now=before.now,
        new_id=before.new_id,
    )
    store = Store(tmp_path / "store")
    use_cases = wire(
        transactions,
        store=store,
        scanner=NullScanner(),
        inspector=INSPECTOR,
        passwords=CHEAP,
        max_upload_bytes=5_000_000,
        storage=ROOM,
        limits={},
    )
    return replace(world, use_cases=use_cases)


async def pairs(world: World) -> Callable[[Client], dict[str, Pair]]:
    """Fill the world with what is somebody's, and name every way to ask for it."""
    permit = (await issued(world)).permit
    owner, rival = world.context("nguoi_dai_dien"), world.context(RIVAL)
    async with world.database.transaction() as work:
        document = (await live_documents(work.connection, permit.application_id))[0]
        await keep_hash(work.connection, world.people[RIVAL], await CHEAP.hashed("một mật khẩu"), at=world.clock.at)
    own = await world.use_cases.applications.create(
        rival, procedure_code=PROCEDURE, organisation_id=world.rival, receiving_unit_id=None, title="Cua biển"
    )
    hook = await world.use_cases.webhooks.create(
        owner, organisation_id=world.startup, url="https://may.example/", events=["permit.issued"], description=""
    )
    delegation = await world.use_cases.offices.delegate(
        world.context("chu_tich"),
        to_person_id=world.people["truong_phong"],
        unit_id=world.units["committee"],
        document="01/GUQ-UBND",
        title="Phó Chủ tịch",
        valid_from=None,
        valid_to=world.clock.at + timedelta(days=30),
    )
    elsewhere = await world.token(RIVAL, limits=Limits(addresses=("192.0.2.0/24",)))
    token = (await world.use_cases.tokens.list_own(rival))[0]
    draft = {"procedure_code": PROCEDURE, "organisation_id": str(world.rival), "title": "Cua", "previous_case_id": ...}

    def of(client: Client) -> dict[str, Pair]:
        def pair(method: str, path: str, theirs: UUID, *, by: str = RIVAL, **how: Any) -> Pair:
            def ask(identity: UUID) -> Ask:
                body = {key: str(identity) if value is ... else value for key, value in how.get("json", {}).items()}
                sent = {**how, "json": body} if body else how
                return lambda: client.send(method, path.replace("ID", str(identity)), by=by, **sent)

            return Pair(ask(theirs), ask(NOBODY_KNOWS), (theirs, NOBODY_KNOWS))

        def login(email: str) -> Ask:
            body = {"email": email, "password": "sai mật khẩu rồi"}
            return lambda: client.send("POST", "/sessions", by=None, json=body)

        def bearer(secret: str) -> Ask:
            return lambda: client.send("GET", "/me", by=None, headers={"Authorization": f"Bearer {secret}"})

        emails, secrets = (f"{RIVAL}@camau.example", "khong.co@camau.example"), (elsewhere, "cmsr_" + "0" * 49)
        version = {"headers": {"If-Match": '"1"'}}
        return {
            "case": pair("GET", "/applications/ID", permit.application_id),
            "messages": pair("GET", "/applications/ID/messages", permit.application_id),
            "act on a case": pair(
                "POST", "/applications/ID/messages", permit.application_id, json={"body": "Xin chào"}
            ),
            "history": pair("GET", "/applications/ID/history/versions", permit.application_id),
            "permit": pair("GET", "/permits/ID", permit.id),
            "permit's history": pair("GET", "/permits/ID/history/versions", permit.id),
            "document": pair("GET", f"/applications/{own.id}/documents/ID", document.id),
            "content": pair("GET", f"/applications/{own.id}/documents/ID/content", document.id),
            "removal of a document": pair("DELETE", f"/applications/{own.id}/documents/ID", document.id),
            "earlier case": pair("POST", "/applications", permit.application_id, json=draft),
            "token": pair("DELETE", "/tokens/ID", token.id, by=STRANGER),
            "organisation": pair("GET", "/organisations/ID", world.startup),
            "person": pair("GET", "/people/ID", world.people["chu_tich"]),
            "delegation": pair("POST", "/delegations/ID/revocation", delegation.id, by="chuyen_vien", **version),
            "webhook": pair("GET", "/webhooks/ID", hook.endpoint.id),
            "removal of a webhook": pair("DELETE", "/webhooks/ID", hook.endpoint.id),
            "deliveries": pair("GET", "/webhooks/ID/deliveries", hook.endpoint.id),
            "bearer": Pair(bearer(secrets[0]), bearer(secrets[1]), secrets),
            "login": Pair(login(emails[0]), login(emails[1]), emails),
        }

    return of
