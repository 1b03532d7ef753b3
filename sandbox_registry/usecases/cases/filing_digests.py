"""What a signatory signs: the digest that names everything filed, and what a supplement leaves as it was."""

from collections.abc import Iterable
from hashlib import sha256

from sandbox_registry.db.cases import dossiers
from sandbox_registry.domain.cases import filings
from sandbox_registry.domain.cases.applications import Application, Document, SupplementItem
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.transparency.canonical_json import canonical
from sandbox_registry.usecases.transaction.transaction import CaseTransaction


def filing_digest(application: Application, *, documents: Iterable[Document], procedure: Procedure) -> str:
    """Return the SHA-256 (hex) of `filings.filed_content` in canonical JSON (RFC 8785)."""
    content = filings.filed_content(application, documents=documents, procedure=procedure)
    return sha256(canonical(content)).hexdigest()


async def unanswered(act: CaseTransaction) -> tuple[SupplementItem, ...]:
    """List what the open supplement request names and the dossier still has as it was filed last."""
    records = await act.records()
    filed = await act.run(dossiers.filed_versions, act.application.id)
    return filings.unanswered_items(
        filings.open_request(records.supplements),
        filed=filed[-1],
        application=act.application,
        documents=records.documents,
    )
