"""The audit leaf of an act: the statement that the public entry commits to, and the record that the statement commits to."""

import secrets

import msgspec

from sandbox_registry.authz import AuthorizationDecision
from sandbox_registry.db.core.audit_entries import NewLeaf
from sandbox_registry.domain.audit import NONCE_SIZE, LeafStatement, Pseudonyms, around_chain, commitment
from sandbox_registry.domain.errors import DomainError
from sandbox_registry.transparency.canonical_json import canonical
from sandbox_registry.usecases.transaction.operators import kind_of_actor
from sandbox_registry.usecases.transaction.transaction import Transaction

DONE, REFUSED = "done", "refused"


def leaf_of(act: Transaction, *, pseudonyms: Pseudonyms, policy: str, refusal: DomainError | None = None) -> NewLeaf:
    """Write down an act under a policy (its checksum), done or refused."""
    if act.subject_of_leaf is None:
        message = f"{act.action} changed nothing that a leaf could name"
        raise AssertionError(message)
    kind, identity, version = act.subject_of_leaf
    actor = act.actor
    record = canonical(
        {
            "actor": str(actor.person_id),
            "signs_for": None if actor.signs_for is None else str(actor.signs_for),
            "asked": _request_of(act.decision),
            "objects": [{"type": each, "state": msgspec.to_builtins(state)} for each, state in act.changed],
        }
    )
    nonce = secrets.token_bytes(NONCE_SIZE)
    statement = LeafStatement(
        at=act.at,
        actor=pseudonyms.of(actor.person_id, within=act.case_id or identity),
        actor_kind=kind_of_actor(actor),
        method=actor.auth_method,
        action=act.action,
        kind=kind,
        identity=identity,
        version=version,
        result=DONE if refusal is None else REFUSED,
        reason=None if refusal is None else refusal.code,
        request_id=actor.request_id,
        line=act.decision.line,
        policy=policy,
        procedure=act.pinned_procedure,
        commitment=commitment(nonce, record),
        erased=act.erased,
    )
    before, after = around_chain(canonical(statement.as_json()))
    return NewLeaf(
        before=before,
        after=after,
        salt=secrets.token_bytes(NONCE_SIZE),
        nonce=nonce,
        record=record,
        object_type=kind,
        object_id=identity,
        case_id=act.case_id,
        at=act.at,
    )


def _request_of(decision: AuthorizationDecision) -> dict[str, list[str] | str] | None:
    request = decision.request
    if request is None:
        return None
    return {"roles": sorted(request.roles), "relations": sorted(request.relations), "stage": str(request.stage)}
