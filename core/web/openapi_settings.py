"""What settings say of the OpenAPI documents; apart from core.web.openapi, which needs settings to be imported."""

from typing import Any

DESCRIPTION = """\
Prices, accounts, orders and invoices of the shop. Every success is `{"data": …}`, every error
`{"error": {"code", "message", "details"?, "fields"?}}`; codes never change, messages follow `Accept-Language`
(Indonesian by default). Amounts are numbers in major units (`44851` rupiah, `12.5` ringgit), times are ISO 8601 at
+07:00. Reads carry an `ETag`; too many requests are answered 429 with `Retry-After`. `X-Device-Id` names the device
an order is made from.
"""

SPECTACULAR: dict[str, Any] = {
    "DESCRIPTION": DESCRIPTION,
    "VERSION": "2.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/v2",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SORT_OPERATIONS": False,
    "PREPROCESSING_HOOKS": ["core.web.openapi.only_public"],
    "POSTPROCESSING_HOOKS": ["core.web.openapi.with_errors"],
}

STAFF_DESCRIPTION = """\
What the back office does, for scripts. A token is made in the back office under *Tokens of the admin API*: it has
scopes (permissions of its maker), an end, and is shown once. Send it as `Authorization: Bearer gst_…`. Envelope,
errors, amounts and times are those of `/v2`; lists are read on with `cursor` and are never counted. Every write says
why (`reason`) and stands in the audit trail as `token:<name>`. Calls that move money need an `Idempotency-Key`: the
same key with the same call is answered the same and moves nothing again; a refusal uses no key up.
"""

STAFF: dict[str, Any] = {
    "TITLE": "Admin API",
    "DESCRIPTION": STAFF_DESCRIPTION,
    "SCHEMA_PATH_PREFIX": "/admin/v2",
    "PREPROCESSING_HOOKS": ["core.web.openapi.only_staff"],
}
