"""Parts of the OpenAPI document that many operations share: header parameters, response headers, the body of a file."""

from typing import Any

from sandbox_registry.api.handling.log_links import RELATION

Json = dict[str, Any]
FILE_BODY: Json = {
    "description": "The file itself. Its kind is told by its content, not by this header.",
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}
PARAMETERS: Json = {
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "description": "The ETag of the version you read. Missing: 428. Another version: 412.",
        "schema": {"type": "string", "pattern": r'^(W/)?"[0-9]{1,9}"$'},
        "example": '"3"',
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "The ETag of the page you have; 304 while it is unchanged.",
        "schema": {"type": "string"},
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Makes a repeated request safe: the same key with the same body gets the same answer, byte for "
        "byte, for 24 hours; with another body 422; while the first is being handled 409.",
        "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
        "example": "2f4d6c8e0a12",
    },
    "AcceptLanguage": {
        "name": "Accept-Language",
        "in": "header",
        "required": False,
        "description": "The language of texts: `vi` (the default), `en` or `fr`.",
        "schema": {"type": "string"},
        "example": "vi",
    },
}
HEADERS: dict[str, tuple[str, Json]] = {
    "ETag": (
        "ETag",
        {"required": True, "description": "The version, for If-Match.", "schema": {"type": "string"}, "example": '"3"'},
    ),
    "IdempotencyReplayed": (
        "Idempotency-Replayed",
        {"description": "Present when this is a stored answer.", "schema": {"type": "string", "const": "true"}},
    ),
    "Link": (
        "Link",
        {
            "description": "Where the proof is that the log records this, once there is one.",
            "schema": {"type": "string"},
            "example": f'</log/proof/17.tlog-proof>; rel="{RELATION}"',
        },
    ),
    "Location": (
        "Location",
        {"required": True, "description": "Where to read what was made.", "schema": {"type": "string"}},
    ),
    "RateLimit": (
        "RateLimit",
        {
            "description": "What is left of each quota.",
            "schema": {"type": "string"},
            "example": '"reads.token";r=9;t=60',
        },
    ),
    "RateLimitPolicy": (
        "RateLimit-Policy",
        {"description": "The quotas.", "schema": {"type": "string"}, "example": '"reads.token";q=600;w=60'},
    ),
    "RetryAfter": (
        "Retry-After",
        {"required": True, "description": "Seconds to wait.", "schema": {"type": "string", "pattern": "^[0-9]+$"}},
    ),
    "TokenExpires": (
        "Token-Expires",
        {
            "description": "When the token of this request ends, if that is within 14 days.",
            "schema": {"type": "string"},
            "example": "Fri, 04 Dec 2026 07:00:00 GMT",
        },
    ),
    "WWWAuthenticate": (
        "WWW-Authenticate",
        {"description": "How to authenticate.", "schema": {"type": "string"}},
    ),
    "XRequestId": (
        "X-Request-Id",
        {"description": "Names the request in our logs; you may send your own.", "schema": {"type": "string"}},
    ),
}
