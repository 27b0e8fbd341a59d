"""The OpenAPI documents of /v2 and of /admin/v2: what all calls share is said once; and their chapters for the readable
pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings

_ENVELOPE = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "description": "Never changes with the language."},
                "message": {"type": "string", "description": "For a person, in the language of Accept-Language."},
                "details": {"type": "string"},
                "fields": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        }
    },
}


def only_public(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """drf-spectacular's hook: the document describes /v2 and nothing else."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/v2/")]


def only_staff(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """The same hook, for /admin/v2."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/admin/v2/")]


def with_errors(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular's hook: whatever else is answered, by any call, is the error envelope."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas.setdefault("ErrorEnvelope", _ENVELOPE)
    envelope = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorEnvelope"}}}
    for _, _, operation in operations(result):
        operation["responses"].setdefault("default", {"description": "Any other error", "content": envelope})
    return result


def document(settings: dict[str, Any] | None = None) -> dict[str, Any]:
    """The whole document as plain data; `settings` of drf-spectacular that differ from those of /v2."""
    with translation.override("en"), patched_settings(settings or {}):
        generator: Any = SchemaGenerator  # untyped
        made = generator().get_schema(request=None, public=True)
        plain: dict[str, Any] = json.loads(json.dumps(made, default=str))
    return plain


def operations(api: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(path, method, operation) in the order of the document."""
    for path, item in api.get("paths", {}).items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield path, method, operation


@dataclass
class Row:
    """One property in a schema; `depth` says how far inside."""

    name: str
    type: str
    is_required: bool
    text: str
    depth: int


@dataclass
class Call:
    anchor: str
    method: str
    path: str
    title: str
    text: str
    parameters: list[dict[str, Any]]
    request: list[Row]
    request_example: str
    response: list[Row]
    response_example: str
    status: str
    errors: list[str]


@dataclass
class Chapters:
    title: str
    version: str
    text: str
    chapters: dict[str, list[Call]] = field(default_factory=dict)


def chapters(api: dict[str, Any]) -> Chapters:
    """The document as a reader wants it: calls by chapter, references resolved, with an example each."""
    info = api["info"]
    made = Chapters(info["title"], info["version"], info.get("description", ""))
    for path, method, operation in operations(api):
        tag = (operation.get("tags") or ["API"])[0]
        made.chapters.setdefault(tag, []).append(_call(api, path, method, operation))
    return made


def _call(api: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Call:
    responses = operation["responses"]
    status = next((code for code in responses if code.startswith("2")), "")
    request, request_example = _content(api, operation.get("requestBody", {}))
    response, response_example = _content(api, responses.get(status, {}))
    parameters = [
        {**one, "type": _type(api, one.get("schema", {}))}
        for one in operation.get("parameters", [])
        if one["in"] in ("query", "path")
    ]
    return Call(
        anchor=operation.get("operationId", f"{method}-{path}"),
        method=method.upper(),
        path=path,
        title=operation.get("summary") or operation.get("operationId", path),
        text=operation.get("description", ""),
        parameters=parameters,
        request=request,
        request_example=request_example,
        response=response,
        response_example=response_example,
        status=status,
        errors=[code for code in responses if not code.startswith("2") and code != "default"],
    )


def _content(api: dict[str, Any], holder: dict[str, Any]) -> tuple[list[Row], str]:
    media = holder.get("content", {}).get("application/json")
    if not media:
        return [], ""
    schema = media.get("schema", {})
    examples = [one["value"] for one in media.get("examples", {}).values() if "value" in one]
    example = examples[0] if examples else media.get("example", _example(api, schema))
    return list(_rows(api, schema)), json.dumps(example, indent=2, ensure_ascii=False)


def _resolved(api: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    for _ in range(10):
        if "$ref" in schema:
            schema = api["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        elif len(schema.get("allOf", [])) == 1:
            schema = {**_resolved(api, schema["allOf"][0]), **{k: v for k, v in schema.items() if k != "allOf"}}
        elif schema.get("oneOf") or schema.get("anyOf"):
            schema = (schema.get("oneOf") or schema["anyOf"])[0]
        else:
            break
    return schema


def _type(api: dict[str, Any], schema: dict[str, Any]) -> str:
    schema = _resolved(api, schema)
    if schema.get("type") == "array":
        return f"array of {_type(api, schema.get('items', {}))}"
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"] if value is not None)
    name = str(schema.get("type", "any"))
    return f"{name} ({schema['format']})" if "format" in schema else name


def _rows(api: dict[str, Any], schema: dict[str, Any], depth: int = 0) -> Iterator[Row]:
    schema = _resolved(api, schema)
    if schema.get("type") == "array":
        yield from _rows(api, schema.get("items", {}), depth)
        return
    for name, inner in schema.get("properties", {}).items():
        text = inner.get("description") or _resolved(api, inner).get("description", "")
        yield Row(name, _type(api, inner), name in schema.get("required", []), text, depth)
        if depth < 6:
            yield from _rows(api, inner, depth + 1)


def _example(api: dict[str, Any], schema: dict[str, Any], depth: int = 0) -> Any:
    schema = _resolved(api, schema)
    for given in ("example", "default"):
        if given in schema:
            return schema[given]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        return {name: _example(api, inner, depth + 1) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [_example(api, schema.get("items", {}), depth + 1)] if depth < 8 else []
    if kind == "string":
        return {"date-time": "2025-12-31T23:59:59+07:00", "uri": "https://…", "date": "2025-12-31"}.get(
            schema.get("format", ""), "text"
        )
    return {"integer": 1, "number": 1, "boolean": True}.get(str(kind))
