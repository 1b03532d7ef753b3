"""Wires everything: settings in, a Litestar application out."""

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from uuid import UUID

from litestar import Litestar, Router
from litestar.middleware import DefineMiddleware
from litestar.template import TemplateConfig
from litestar.types import ControllerRouterHandler
from uuid_utils.compat import uuid7

from sandbox_registry.adapters.clamd import Clamd
from sandbox_registry.api.cases.applications import ApplicationsController
from sandbox_registry.api.cases.appraisal import AppraisalController
from sandbox_registry.api.cases.attachments import AttachmentsController
from sandbox_registry.api.cases.complaints import ComplaintsController
from sandbox_registry.api.cases.consultations import ConsultationsController
from sandbox_registry.api.cases.councils import CouncilsController
from sandbox_registry.api.cases.decisions import DecisionsController
from sandbox_registry.api.cases.documents import DocumentsController
from sandbox_registry.api.cases.histories import HistoriesController
from sandbox_registry.api.cases.intake import IntakeController
from sandbox_registry.api.cases.messages import MessagesController
from sandbox_registry.api.cases.returns import ReturnsController
from sandbox_registry.api.contract.docs import DocsController
from sandbox_registry.api.contract.openapi import PREFIX, Contract
from sandbox_registry.api.identity.organisations import OrganisationsController, UnitsController
from sandbox_registry.api.identity.own_accounts import AccountController
from sandbox_registry.api.identity.people import OfficesController, PeopleController
from sandbox_registry.api.identity.tokens import TokensController
from sandbox_registry.api.integrations.exports import ExportsController
from sandbox_registry.api.integrations.webhooks import WebhooksController
from sandbox_registry.api.operations.health import HealthController
from sandbox_registry.api.oversight.log import LogController, SharedProver
from sandbox_registry.api.permits.permits import PermitsController
from sandbox_registry.api.privacy.erasures import ErasuresController, HoldsController
from sandbox_registry.api.rules.procedures import ProceduresController
from sandbox_registry.auditlog.publishing.cosignatures import registry_policy
from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.auditlog.publishing.proofs import Prover
from sandbox_registry.auditlog.publishing.signing_tasks import signing_while_serving
from sandbox_registry.auditlog.publishing.watching import Watch
from sandbox_registry.authz import Authorizer
from sandbox_registry.configuration import settings_from
from sandbox_registry.db.core.engine import Database
from sandbox_registry.documents.uploads.inspection import Inspector
from sandbox_registry.documents.uploads.scanning import NullScanner, Scanner
from sandbox_registry.documents.uploads.store import Store
from sandbox_registry.domain.audit import Pseudonyms
from sandbox_registry.domain.identity.sessions import SessionLimits
from sandbox_registry.domain.operations.quotas import Quota, read_limits
from sandbox_registry.domain.operations.stored_files import StoredBytes
from sandbox_registry.http.application import Application
from sandbox_registry.http.bodies import StrictRequest
from sandbox_registry.http.body_timeouts import BodyReadTimeout
from sandbox_registry.http.identity import RequestIdentity
from sandbox_registry.http.methods import complete_allow_header, remember_methods
from sandbox_registry.http.problems import HANDLERS
from sandbox_registry.http.query_parameters import check_query
from sandbox_registry.http.quotas import LIMIT_HANDLERS, LimitRequests, ThrottleInvalidTokens
from sandbox_registry.http.response_headers import complete_headers
from sandbox_registry.rulebook.rule_book import RuleBook
from sandbox_registry.runtime.clocks import Clock, rehearsal_clock, system_clock
from sandbox_registry.runtime.logs import configure_logs
from sandbox_registry.runtime.processes import end_with_parent
from sandbox_registry.runtime.settings import Settings
from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.usecases.identity.passwords import Passwords, load_common_passwords
from sandbox_registry.usecases.operations.installation import WatchRecords
from sandbox_registry.usecases.registry import UseCases, wire
from sandbox_registry.usecases.transaction.transactions import Transactions
from sandbox_registry.web.errors import with_pages
from sandbox_registry.web.portal import ShownPerson, make_portal
from sandbox_registry.web.routes import portal_routes
from sandbox_registry.web.static_files import Assets
from sandbox_registry.web.templating import template_engine

MAX_JSON_BYTES = 1024 * 1024  # The longest form a procedure can ask for takes a quarter of it.


def clock_of(settings: Settings) -> Clock:
    """Return the system's clock, or that of a rehearsal."""
    return system_clock if settings.clock_file is None else rehearsal_clock(settings.clock_file)


API: tuple[ControllerRouterHandler, ...] = (
    ApplicationsController,
    AppraisalController,
    ConsultationsController,
    CouncilsController,
    DecisionsController,
    ReturnsController,
    ErasuresController,
    ExportsController,
    HistoriesController,
    HoldsController,
    IntakeController,
    ComplaintsController,
    MessagesController,
    OfficesController,
    OrganisationsController,
    AccountController,
    PeopleController,
    PermitsController,
    ProceduresController,
    TokensController,
    UnitsController,
    WebhooksController,
)
FILES: tuple[ControllerRouterHandler, ...] = (AttachmentsController, DocumentsController)
"""What takes whole files as bodies."""
CONTROLLERS = (*API, *FILES)
"""What the contract describes."""


def scanner_of(settings: Settings) -> Scanner:
    """Return the scanner that the settings name, or the one that does not look."""
    if settings.scanner is None:
        return NullScanner()
    return Clamd(host=settings.scanner.host, port=settings.scanner.port, socket=settings.scanner.socket)


def build_use_cases(
    settings: Settings,
    *,
    now: Clock | None = None,
    new_id: Callable[[], UUID] = uuid7,
    limits: Mapping[str, Quota] | None = None,
) -> UseCases:
    """Build everything people can do, over the database the settings name, by the clock and the limits they name or those given."""
    if settings.database_url is None:
        message = "the settings name no database; start the embedded one first"
        raise ValueError(message)
    transactions = Transactions(
        database=Database(settings.database_url, read_url=settings.database_read_url, connections=settings.connections),
        authorizer=Authorizer(shipped("policies") / "casbin"),
        rules=RuleBook(takes_drafts=settings.draft_procedures or settings.demo),
        pseudonyms=Pseudonyms(settings.pseudonym_key),
        now=now or clock_of(settings),
        new_id=new_id,
    )
    return wire(
        transactions,
        store=Store(settings.data_dir / "documents"),
        scanner=scanner_of(settings),
        inspector=Inspector(),
        passwords=Passwords(load_common_passwords(shipped("policies") / "common-passwords.txt")),
        max_upload_bytes=settings.max_upload_bytes,
        storage=StoredBytes(
            case=settings.max_case_bytes,
            organisation=settings.max_organisation_bytes,
            account=settings.max_account_bytes,
        ),
        self_registration=settings.self_registration,
        sends_mail=settings.mail is not None,
        portal=settings.address,
        officials_need_code=settings.officials_need_code,
        limits=read_limits(settings.rate_limits) if limits is None else limits,
        session_limits=SessionLimits(idle=settings.session_idle, longest=settings.session_longest),
        webhooks_to_loopback=settings.webhooks_to_loopback,
    )


def create_app(
    settings: Settings,
    use_cases: UseCases | None = None,
    *,
    background: Callable[[Litestar], AbstractAsyncContextManager[None]] | None = None,
) -> Litestar:
    """Build the application; give `use_cases` to bring your own clock, and `background` for work that goes on meanwhile."""
    cases = use_cases or build_use_cases(settings)
    assets = Assets()
    portal = make_portal(
        cases.transactions.pseudonyms.key,
        is_plain=settings.plain_http,
        people=_shown_people(settings),
    )

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        app.state.use_cases = cases
        app.state.contract = contract
        app.state.assets = assets
        app.state.data_dir = settings.data_dir
        app.state.portal = portal
        app.state.log = SharedProver(
            Prover(LogFolder(settings.data_dir / "log")), policy_of=partial(registry_policy, settings.data_dir)
        )
        try:
            await cases.installation.announce(rehearses=settings.clock_file is not None)
            await cases.rule_versions.register_shipped(shipped("policies"))
            yield
        finally:
            await cases.close()

    files = Router(path="", route_handlers=FILES, request_max_body_size=settings.max_upload_bytes)
    api = Router(path=PREFIX, route_handlers=[*API, DocsController, files], guards=[check_query])
    contract = Contract(CONTROLLERS)
    return Application(
        route_handlers=[HealthController, LogController, api, *portal_routes(is_demonstration=settings.demo)],
        lifespan=[lifespan] if background is None else [lifespan, background],
        middleware=[
            DefineMiddleware(BodyReadTimeout),
            DefineMiddleware(ThrottleInvalidTokens, limits=cases.rate_limits, proxies=settings.trusted_proxies),
            DefineMiddleware(
                RequestIdentity,
                authenticate=cases.tokens.authenticate,
                proxies=settings.trusted_proxies,
                recognise=cases.sessions.recognise,
                cookie=portal.cookies.session,
            ),
            DefineMiddleware(LimitRequests, limits=cases.rate_limits),
        ],
        exception_handlers=with_pages(HANDLERS | LIMIT_HANDLERS),
        on_startup=[remember_methods],
        before_send=[complete_allow_header, complete_headers],
        request_class=StrictRequest,
        request_max_body_size=MAX_JSON_BYTES,
        template_config=TemplateConfig(instance=template_engine(assets, is_demonstration=settings.demo)),
        logging_config=None,
        openapi_config=None,
        debug=False,
    )


def signing_beside(settings: Settings, cases: UseCases) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Sign the log and keep watch while the application runs; of several processes one does, the others stand by."""
    watch = Watch(WatchRecords(cases.installation), data_dir=settings.data_dir, tolerance=settings.clock_tolerance)
    return lambda _app: signing_while_serving(data_dir=settings.data_dir, url=settings.database_url or "", watch=watch)


def application() -> Litestar:
    """Build the application from the environment; what the HTTP server calls in each worker."""
    settings = settings_from(os.environ)
    configure_logs(level=settings.log_level, form=settings.log_format)
    end_with_parent()
    cases = build_use_cases(settings)
    return create_app(settings, cases, background=signing_beside(settings, cases))


def _shown_people(settings: Settings) -> tuple[ShownPerson, ...]:
    if not settings.demo:
        return ()
    # With a client for HTTP, for which every start would wait.
    from sandbox_registry.demo.visitors import shown_people  # noqa: PLC0415

    return shown_people()
