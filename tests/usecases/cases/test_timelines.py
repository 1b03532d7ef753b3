"""Who did what in a case: page by page, what a reader may know of it, and what is left once it was erased."""

import json
import re
from itertools import product

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.auditlog.publishing.bundle_files import PAGES
from sandbox_registry.domain.acts import Action, act_name, done_name
from sandbox_registry.domain.identity.office_names import office_name
from sandbox_registry.domain.identity.people import Role
from sandbox_registry.domain.texts import Language, Phrase, Text
from tests.support.client import Client
from tests.support.stages import OWNER, claimed, received
from tests.support.statements import statements
from tests.support.world import PROCEDURE, World


async def test_pages_hold_every_act_once(world: World) -> None:
    case = await claimed(world)
    await claimed(world)
    read, reader = world.use_cases.timelines.read, world.context("mot_cua_2")
    whole = await read(reader, case.id)
    pages, after = [], -1
    while page := await read(reader, case.id, after=after, limit=2):
        pages.append(len(page))
        after = page[-1].index
    assert [each.action for each in whole] == [
        "application:create",
        "application:submit",
        "application:receive",
        "application:accept",
        "assignment:claim",
    ]
    assert pages == [2, 2, 1]


async def test_pages_of_an_applicant_are_full_although_others_read_and_were_refused(world: World) -> None:
    case = await received(world)
    for _ in range(3):
        await world.use_cases.cases.read(world.context("dai_bieu"), case.id)
    await world.use_cases.intake.accept(world.context("mot_cua"), case.id, expected_version=case.version)
    page = await world.use_cases.timelines.read(world.context(OWNER), case.id, limit=4)
    assert [each.action for each in page][-1] == "application:accept"
    assert len(page) == 4


async def test_each_act_says_under_which_line_and_rules_it_was_done(world: World) -> None:
    case = await received(world)
    told = await world.use_cases.timelines.read(world.context("dai_bieu"), case.id)
    begun, filed, registered = told
    assert begun.procedure is None
    assert filed.procedure == registered.procedure == f"{PROCEDURE}@{case.procedure_version}"
    assert {each.policy for each in told} == {world.transactions.authorizer.version}
    assert "application:receive" in (registered.line or "")


async def test_erased_act_stays_in_the_timeline_without_its_doer(world: World, owner: AsyncEngine) -> None:
    case = await received(world)
    reader = world.context("dai_bieu")
    before = await world.use_cases.timelines.read(reader, case.id)
    async with owner.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text("DELETE FROM audit_records WHERE index = :index"), {"index": before[1].index})
    after = await world.use_cases.timelines.read(reader, case.id)
    assert [each.is_erased for each in before] == [False, False, False]
    assert [each.is_erased for each in after[:3]] == [False, True, False]
    assert (after[1].action, after[1].actor_id, after[1].actor_name) == ("application:submit", None, None)
    assert (after[1].line, after[1].at) == (before[1].line, before[1].at)


async def test_a_page_is_read_by_the_index_of_the_case(world: World) -> None:
    case = await received(world)
    with statements(world) as sent:
        await world.use_cases.timelines.read(world.context(OWNER), case.id)
    (page,) = [each for each in sent if "audit_leaves" in each]
    assert "audit_leaves.case_id = " in page
    assert len(sent) == 3  # The case and its reader, the page, the names.


def test_every_act_and_office_has_a_name() -> None:
    for name in [*map(act_name, Action), *map(done_name, Action), *map(office_name, Role)]:
        assert all(name.in_language(language) for language in Language)
    for name_of, language in product((act_name, done_name), Language):
        assert len({name_of(action).in_language(language) for action in Action}) == len(Action)
    assert act_name("application:submit") == Phrase("act.application:submit")
    assert (act_name("application:submit").vi, done_name("application:submit").vi) == ("Nộp hồ sơ", "Nộp hồ sơ")
    assert office_name("later_office") == Text(vi="later_office", en="later_office", fr="later_office")
    assert act_name("later:act") == done_name("later:act") == Text(vi="later:act", en="later:act", fr="later:act")


def test_an_act_is_named_as_something_to_do_and_as_something_done() -> None:
    for action in Action:
        for language in (Language.EN, Language.FR):
            assert act_name(action).in_language(language) != done_name(action).in_language(language)
        first = act_name(action).fr.removeprefix("Se ").removeprefix("S'").partition(" ")[0]
        assert first.endswith(("er", "ir", "re")), first  # An infinitive.
    assert act_name("decision:approve").en == "Allow the trial"
    assert done_name("decision:approve").en == "Trial allowed"
    assert done_name("decision:approve", "refused").en == "Allow the trial"


async def test_what_was_refused_is_named_as_something_to_do(client: Client) -> None:
    case = await received(client.world)
    refused = await client.send("POST", f"/applications/{case.id}/acceptance", by=OWNER, seen=case.version)
    assert refused.status_code == 403
    page = await client.send("GET", f"/applications/{case.id}/timeline", by="thanh_tra")
    named = {(each["action"], each["result"]): each["action_name"]["en"] for each in page.json()["items"]}
    assert named["application:receive", "done"] == "Dossier registered, code given"
    assert named["application:accept", "refused"] == "Accept the dossier"


def test_page_of_the_offline_verifier_calls_acts_by_the_same_names() -> None:
    found = re.search(r"^const ACTS = (\{.*\});$", (PAGES / "verify.html").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    assert json.loads(found[1]) == {
        language: {
            str(action): [done_name(action).in_language(language), act_name(action).in_language(language)]
            for action in Action
        }
        for language in Language
    }
