"""Whether the program lives, and whether it can work."""

from litestar import Controller, Response, get

from sandbox_registry.api.handling.requests import JSON, Incoming, use_cases
from sandbox_registry.http.declarations import declare
from sandbox_registry.usecases.operations.health import is_ready, log_trouble


class HealthController(Controller):
    """For supervisors, load balancers and whoever watches; says as little as possible about the inside."""

    path = "/health"
    opt = declare(is_public=True, is_counted=False)
    include_in_schema = False

    @get("/live")
    async def live(self) -> Response[bytes]:
        """Answer as long as the process runs."""
        return Response(b'{"status":"live"}', media_type=JSON)

    @get("/ready")
    async def ready(self, request: Incoming) -> Response[bytes]:
        """Answer 200 when the database answers and has the schema this program needs, else 503.

        People can work while the log is not signed, but somebody has to see to it: then the status is `degraded`, and
        `log` says why.
        """
        transactions = use_cases(request).transactions
        if not await is_ready(transactions.database):
            return Response(b'{"status":"not ready"}', media_type=JSON, status_code=503)
        trouble = await log_trouble(transactions.database, request.app.state.data_dir, now=transactions.now())
        if trouble is None:
            return Response(b'{"status":"ready"}', media_type=JSON)
        return Response(f'{{"status":"degraded","log":"{trouble}"}}'.encode(), media_type=JSON)
