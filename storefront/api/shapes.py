"""What the OpenAPI document says of errors and envelopes, for every door of the storefront."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers


class Suggestion(serializers.Serializer[Any]):
    productCode = serializers.CharField()
    productName = serializers.CharField()
    productSlug = serializers.CharField()


class ErrorBody(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Never changes with the language.")
    message = serializers.CharField(help_text="For a person, in the language of Accept-Language.")
    details = serializers.CharField(required=False)
    fields = serializers.DictField(child=serializers.CharField(), required=False)  # type: ignore[assignment]
    suggestion = Suggestion(required=False, help_text="With INCONSISTENT_PROVIDER.")
    until = serializers.DateTimeField(required=False, help_text="With what is closed for a while.")


class ErrorEnvelope(serializers.Serializer[Any]):
    error = ErrorBody()


class Text(serializers.CharField):
    """A JSON string and nothing else: a number would have lost the zeros it began with."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


def enveloped(name: str, payload: serializers.BaseSerializer[Any]) -> serializers.Serializer[Any]:
    """The component `name`: {"data": payload}."""
    return inline_serializer(name, fields={"data": payload})


def answers(success: serializers.BaseSerializer[Any], *, status: int = 200, errors: tuple[int, ...]) -> dict[int, Any]:
    """`responses` of extend_schema: the success, and the error envelope for `errors` and those that every door has."""
    return {status: success} | dict.fromkeys(sorted({405, 429, 500, *errors}), ErrorEnvelope)


# Those of a door that reads a JSON body.
BODY_ERRORS = (400, 401, 413, 415, 422)


def flat_body(fixed: dict[str, Any], required: list[str], example: dict[str, Any]) -> dict[str, Any]:
    """A request body of `fixed` properties plus the product's own inputs by their keys (GET /v2/fields)."""
    return {
        "application/json": {
            "type": "object",
            "properties": fixed,
            "required": required,
            "additionalProperties": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            "example": example,
        }
    }
