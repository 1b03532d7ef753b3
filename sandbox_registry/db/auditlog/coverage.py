"""Which check of `log verify` covers each column of each table, or why none is needed.

A column of a kind of record is compared with the last record of its object, unless it is named here. Any other table
answers for each of its columns here. One without an answer fails a test (`tests/db/auditlog/test_coverage.py`);
`docs/log-coverage.md` is written from this.
"""

from collections.abc import Mapping

from sandbox_registry.db.core.kinds import TABLES

RECORDED = "equals the last record of its object"
DERIVED: Mapping[str, Mapping[str, str]] = {
    "application": {
        "search": "recomputed from `search_text`",
        "search_text": "recomputed from code, title and answers; a difference is a note, for it may be an older way of folding",
    },
    "decision": {"year": "recomputed from `decided_at`"},
    "organisation": {"search_text": "recomputed from the name; a difference is a note"},
    "permit_version": {"effective": "its start and end equal the record"},
    "person": {
        "email_key": "recomputed from the e-mail address, by which people log in",
        "search_text": "recomputed from name and address; a difference is a note",
    },
}
"""Columns that no record holds and that follow from others, by kind: how they are checked."""
UNRECORDED: Mapping[str, Mapping[str, str]] = {
    "application": {
        "next_due_at": "lists sort and filter by it; derived again every night and at every act, shown on no case",
    },
    "browser_session": {
        "address": "shown to its owner, and forgotten some time after its end",
        "browser": "shown to its owner, and forgotten some time after its end",
        "hash": "its digest equals the one recorded when the secret of the session was made",
        "last_seen_at": "when it was last used; an earlier one ends it sooner, and nothing makes it last beyond `expires_at`",
        "power": "compared at each request with the offices in force; another one ends the session",
    },
    "document": {
        "forgotten_at": "that the bytes of a file that was never filed are gone; the row, its digest and its size stay",
    },
    "token": {
        "hash": "its digest equals the one recorded when the token was made",
        "last_refused_at": "how a token was used since it was made",
        "last_used_at": "how a token was used since it was made",
        "told_at": "that its holder was written to",
    },
    "webhook": {
        "failing_since": "written by the worker at each try",
        "state": "the worker switches off an endpoint that fails; it is told less then, never more",
        "version": "goes up with `state`",
    },
}
"""Columns that no record holds and that follow from nothing, by kind: why they need no comparison, or another one."""

_LOG = "checked as part of the log itself"
_SEALED = "sealed with the key of the installation; another one only makes receivers refuse what they are sent"
_DELIVERY = (
    "what is on its way to a receiver, kept for 30 days; who may read what it tells was asked when it was written"
)
_QUEUE = "the queue's own; a job decides nothing, and what it does is an act like any other"
OTHER: Mapping[str, Mapping[str, str]] = {
    "account_mails": dict.fromkeys(
        ("email", "expires_at", "hash", "id", "kind", "person_id", "seal"),
        "where a mail can open an account: sealed with the key of the installation, which is not in the database",
    )
    | dict.fromkeys(("about", "requested_at"), "what a mail that waits says; it opens nothing"),
    "alembic_version": {"version_num": "the schema itself is compared with what the migrations make up to it"},
    "audit_leaves": {
        "at": "equals the time its leaf states",
        "case_id": "equals the case its leaf states; of leaves of the first format, bound by the next sealed leaf of the case",
        "chain": "recomputed",
        "entry": "hashed into the tree, and compared with what was published",
        "index": "without gaps, from 0",
        "leaf_hash": "recomputed",
        "object_id": "equals the object its leaf states",
        "object_type": "equals the kind its leaf states",
        "place": "counted",
        "salt": "opens the commitment of the entry",
        "statement": "opens the commitment of the entry",
    },
    "audit_records": {
        "index": "belongs to a leaf; missing only where an erasure names it",
        "nonce": "opens the commitment of the statement",
        "record": "opens the commitment of the statement",
    },
    "counters": {
        "last": "the counters of each kind gave as many numbers as there are objects with one",
        "series": "a series under another name begins anew, and its next number breaks the unique rule of its table",
    },
    "damaged_files": dict.fromkeys(
        ("found_at", "sha256"), "that a file was found damaged is a leaf; the row keeps it from being one again"
    ),
    "idempotency_answers": dict.fromkeys(
        ("body", "created_at", "headers", "key", "person_id", "request_hash", "route", "status"),
        "what was answered to a request, sent again for 24 hours to who made it; changes nothing",
    ),
    "log_head": {"hashes": _LOG, "one_row": "constant", "size": _LOG},
    "passwords": {
        "changed_at": "equals the time recorded when the password was set",
        "hash": "its digest equals the one recorded when the password was set",
        "is_given": "equals what was recorded when the password was set; until its holder chose one, offices do not count",
        "person_id": "as `hash`",
    },
    "rate_limits": dict.fromkeys(("full_at", "name", "subject"), "quotas: how much may be asked, never what"),
    "refused_logins": dict.fromkeys(("person_id", "since", "tries"), "counts of minutes, until a leaf states them"),
    "second_factors": {
        "codes": "digests of codes that are used up; a missing one only locks out, one put in is shown by nothing but needs no less than the password",
        "last_step": "which code was used last",
        "person_id": "as `sealed`",
        "sealed": "its digest equals the one recorded when the authenticator was set up",
        "since": "tells its owner; nothing follows from it",
    },
    "webhook_attempts": dict.fromkeys(
        ("answer", "at", "delivery_id", "failure", "milliseconds", "number", "status"), _DELIVERY
    ),
    "webhook_deliveries": dict.fromkeys(
        (
            "application_id",
            "attempts",
            "budget",
            "data",
            "ended_at",
            "endpoint_id",
            "event_id",
            "id",
            "leased_until",
            "next_at",
            "occurred_at",
            "state",
            "type",
        ),
        _DELIVERY,
    ),
    "webhook_secrets": dict.fromkeys(("created_at", "endpoint_id", "ends_at", "id", "sealed"), _SEALED),
}
"""Tables of no kind: what covers each of their columns, or why nothing needs to."""
UNCOMPARED = frozenset(
    {
        "account_mails.about",
        "account_mails.requested_at",
        "account_mails (deleted)",
        "applications.next_due_at",
        "counters.series",
        "damaged_files",
        "documents.forgotten_at",
        "idempotency_answers",
        "rate_limits",
        "refused_logins",
        "tokens.last_refused_at",
        "tokens.last_used_at",
        "tokens.told_at",
        "webhook_attempts",
        "webhook_deliveries",
        "webhook_endpoints.failing_since",
        "webhook_endpoints.state",
        "webhook_endpoints.version",
        "webhook_secrets",
    }
)
"""Tables and columns for which the answer is why nothing needs to be compared, or cannot; the drill allows silence there only.

Of a mail that is gone nobody can tell: it is not sent, or its secret opens nothing, and who waits for it asks again.
"""
_QUEUES = "procrastinate_"
_KINDS = {table.name: kind for kind, table in TABLES.items()}


def answer_for(table: str, column: str) -> str | None:
    """Return what covers a column, or why nothing needs to; null where nobody has said."""
    if table.startswith(_QUEUES):
        return _QUEUE
    kind = _KINDS.get(table)
    if kind is None:
        return OTHER.get(table, {}).get(column)
    return DERIVED.get(kind, {}).get(column) or UNRECORDED.get(kind, {}).get(column) or RECORDED


def is_compared(table: str, column: str | None = None) -> bool:
    """Say whether a check covers a column, or the rows of a table; of others, why none does is said."""
    return not table.startswith(_QUEUES) and UNCOMPARED.isdisjoint({table, f"{table}.{column}"})


def not_in_records(kind: str) -> frozenset[str]:
    """List the columns of a kind that no record holds."""
    return frozenset(DERIVED.get(kind, ())) | frozenset(UNRECORDED.get(kind, ()))
