"""Kinds of records of the registry itself: people and power, rules, webhooks, erasures, the installation."""

from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.identity.people import (
    AccountService,
    Delegation,
    Membership,
    Organisation,
    Person,
    RoleGrant,
)
from sandbox_registry.domain.identity.sessions import BrowserSession
from sandbox_registry.domain.identity.tokens import Token
from sandbox_registry.domain.integrations.webhooks import Endpoint
from sandbox_registry.domain.kinds.kind import OFFICIAL_RECORD, REGISTER, Emptied, Kept, Kind, Rows
from sandbox_registry.domain.operations.installation import Fact
from sandbox_registry.domain.privacy.erasures import (
    Erasure,
    ErasureKind,
    without_address,
    without_applicant,
    without_person,
)
from sandbox_registry.domain.rules.rule_versions import RuleVersion

INSTALLATION = Kept("says nothing of people")
REGISTRY_KINDS = (
    *(
        Kind(name=fact, erasure=INSTALLATION)
        for fact in (Fact.AUTHORITY_POLICY, Fact.LOG_KEY, Fact.PSEUDONYM_KEY, Fact.WITNESS_POLICY, Fact.WITNESS_VERDICT)
    ),
    Kind(
        name="account_service",
        of=AccountService,
        read_by=Action.PERSON_READ,
        erasure=REGISTER,
        rows=Rows.NEITHER_CHANGED_NOR_DELETED,
        for_analysts=True,
    ),
    Kind(name="backup", erasure=INSTALLATION),
    Kind(
        name="browser_session",
        of=BrowserSession,
        read_by=Action.SESSION_READ,
        erasure=Emptied(with_the=ErasureKind.ACCOUNT, about="person_id", without=None),
        rows=Rows.CHANGED,
    ),
    Kind(name="clock", erasure=INSTALLATION),
    Kind(name="rewriting", erasure=Kept("it says when the traces of which erasures went")),
    Kind(name="damaged_file", erasure=Kept("says which bytes were damaged, and nothing of what they were")),
    Kind(name="refused_logins", erasure=Kept("says how many logins failed, and names no account")),
    Kind(
        name="delegation",
        of=Delegation,
        read_by=Action.DELEGATION_READ,
        erasure=REGISTER,
        rows=Rows.CHANGED_AND_DELETED,
        for_analysts=True,
    ),
    Kind(
        name="erasure",
        of=Erasure,
        read_by=Action.ERASURE_READ,
        in_bundle=True,
        erasure=Kept("it is the proof of who erased what"),
        rows=Rows.CHANGED,
        for_analysts=True,
    ),
    Kind(name="erasures", erasure=Kept("that somebody read the list of erasures")),
    Kind(name="export", erasure=Kept("that somebody took data out, and what they asked for")),
    Kind(
        name="membership",
        of=Membership,
        read_by=Action.ORGANISATION_READ,
        erasure=REGISTER,
        rows=Rows.CHANGED_AND_DELETED,
        for_analysts=True,
    ),
    Kind(
        name="organisation",
        of=Organisation,
        read_by=Action.ORGANISATION_READ,
        exported=frozenset({"name"}),
        erasure=Emptied(
            with_the=ErasureKind.ACCOUNT, about="id", without=lambda individual, _at: without_applicant(individual)
        ),
        rows=Rows.CHANGED,
        for_analysts=True,
    ),
    Kind(name="password", erasure=Kept("that a password was set, with a digest of its hash, which opens nothing")),
    Kind(name="people", erasure=Kept("that somebody looked people up, and what they asked for")),
    Kind(
        name="person",
        of=Person,
        read_by=Action.PERSON_READ,
        erasure=Emptied(
            with_the=ErasureKind.ACCOUNT, about="id", without=lambda person, at: without_person(person, at=at)
        ),
        rows=Rows.CHANGED,
        for_analysts=True,
    ),
    Kind(
        name="role_grant",
        of=RoleGrant,
        read_by=Action.PERSON_READ,
        erasure=REGISTER,
        rows=Rows.CHANGED_AND_DELETED,
        for_analysts=True,
    ),
    Kind(
        name="rule_version",
        of=RuleVersion,
        is_public=True,
        erasure=OFFICIAL_RECORD,
        rows=Rows.CHANGED,
        for_analysts=True,
    ),
    Kind(
        name="second_factor",
        erasure=Kept("that an authenticator was set up or taken away, with a digest of its sealed secret"),
    ),
    Kind(
        name="token",
        of=Token,
        read_by=Action.TOKEN_READ,
        erasure=Emptied(with_the=ErasureKind.ACCOUNT, about="person_id", without=None),
        rows=Rows.CHANGED_AND_DELETED,
    ),
    Kind(
        name="webhook",
        of=Endpoint,
        read_by=Action.WEBHOOK_READ,
        erasure=Emptied(
            with_the=ErasureKind.ACCOUNT,
            about="organisation_id",
            without=lambda endpoint, _at: without_address(endpoint),
        ),
        rows=Rows.CHANGED_AND_DELETED,
    ),
    Kind(name="webhook_delivery", erasure=Kept("that an event was sent again, by its identity")),
    Kind(name="webhook_replay", erasure=Kept("that events were sent again, by their identities")),
)
