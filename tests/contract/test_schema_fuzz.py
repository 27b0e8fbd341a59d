"""A fuzz run over the OpenAPI document: no 5xx, and no answer outside the schema."""

import os
from functools import cache
from typing import Any

import pytest
import requests
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import Store

CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance, status_code_conformance]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "20"))
SEED = int(os.environ.get("FUZZ_SEED", "20261121"))


@cache
def document() -> Any:
    return schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))


def operations() -> list[Any]:
    return [found.ok() for found in document().get_all_operations()]


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_no_answer_breaks_the_document(operation: Any, store: Store) -> None:
    http = requests.Session()

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def fuzz(case: Any) -> None:
        case.call_and_validate(base_url=store.url, session=http, checks=CHECKS, timeout=60)

    fuzz()


def test_the_served_document_is_the_one_that_was_tried(store: Store) -> None:
    served = requests.get(f"{store.url}/v2/schema", params={"format": "json"}, timeout=60).json()
    assert set(served["paths"]) == set(document().raw_schema["paths"])
    assert len(served["paths"]) >= 20
