"""The API's own description, as machines and people read it."""

import json

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def _document(client: Client) -> dict:
    response = client.get("/v2/schema")
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    return response.json()


def test_it_describes_the_public_api_and_nothing_else(client: Client) -> None:
    paths = _document(client)["paths"]
    assert {"/v2/regions", "/v2/skus", "/v2/orders", "/v2/invoices"} <= set(paths)
    assert all(path.startswith("/v2/") for path in paths)


def test_every_error_of_every_call_is_the_one_envelope(client: Client) -> None:
    document = _document(client)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            for status, response in operation["responses"].items():
                if not status.startswith("2"):
                    schema = response["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/ErrorEnvelope"}, (method, path, status)
            assert "default" in operation["responses"], (method, path)


def test_every_call_has_a_summary_and_an_id_of_its_own(client: Client) -> None:
    ids = []
    for path, item in _document(client)["paths"].items():
        for method, operation in item.items():
            assert operation.get("summary"), (method, path)
            ids.append(operation["operationId"])
    assert len(ids) == len(set(ids))


def test_all_references_lead_somewhere(client: Client) -> None:
    document = _document(client)
    text = json.dumps(document)
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in document["components"]["schemas"]


def test_the_readable_pages_need_no_script_and_nobody_else(client: Client) -> None:
    response = client.get("/v2/docs")
    html = response.content.decode()
    assert response.status_code == 200
    assert "<script" not in html
    assert "https://cdn" not in html
    for path in _document(client)["paths"]:
        assert path in html


def test_who_has_it_gets_304(client: Client) -> None:
    etag = client.get("/v2/schema")["ETag"]
    assert client.get("/v2/schema", headers={"If-None-Match": etag}).status_code == 304
