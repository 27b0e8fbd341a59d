"""What settings say of the OpenAPI document; apart from core.web.openapi, which needs settings to be imported."""

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
