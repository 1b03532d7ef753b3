"""JSON bodies read once and strictly: `"5"` is no number, and an error names the field it is in."""

from functools import cache
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import ValidationException

from sandbox_registry.domain.identity.people import Actor
from sandbox_registry.domain.malformed import NOT_UTF8


class StrictRequest(Request[Actor | None, Any, Any]):
    """A request whose JSON is decoded straight into the type its handler asks for.

    Litestar itself would decode it into plain values and convert them leniently, as it does with an address.
    """

    async def json(self) -> Any:
        """Return the body as its handler's type; 400 with the field when it is none."""
        field = self.route_handler.parsed_data_field
        body = await self.body()
        if field is None or not body:
            return await super().json()
        try:
            return _decoder(field.annotation).decode(body)
        except msgspec.DecodeError as error:
            words, *paths = str(error).split(" - at `")
            # A rule of a whole object names the field inside it first, then the decoder where the object is.
            field_at = ".".join(filter(None, map(_plain, reversed(paths))))
            raise ValidationException(extra=[{"key": field_at, "message": words}]) from None
        except UnicodeDecodeError:
            raise ValidationException(extra=[{"key": "", "message": NOT_UTF8}]) from None


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _plain(path: str) -> str:
    """Write `$.items[0].reason` as the rest of our errors do: `items.0.reason`."""
    place = path.rpartition("` in `")[2]  # Of a key the object is named.
    return place.rstrip("`").removeprefix("$").replace("[", ".").replace("]", "").strip(".")
