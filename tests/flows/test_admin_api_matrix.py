"""Who may do what over the admin API: every operation, and the scopes it needs."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from core.sheets import importing
from core.web import openapi
from core.web.openapi_settings import STAFF
from storefront.sheets import goods
from tests.accounts.cast import log_in, member
from tests.staff import enter
from tests.staff_tokens import Script
from tests.storefront import factories

pytestmark = pytest.mark.django_db
# "": any token may.
SCOPE = {
    "GET me": "",
    "GET orders": "storefront.view_order",
    "GET orders/{number}": "storefront.view_order",
    "POST orders/{number}/check-again": "storefront.recheck_order",
    "POST orders/{number}/send-again": "storefront.resend_order",
    "POST orders/{number}/switch-supplier": "storefront.switch_supplier",
    "POST orders/{number}/cancel": "storefront.cancel_order",
    "POST orders/{number}/refund": "payments.add_refund",
    "POST customers/{number}/credit": "payments.adjust_balance",
    "GET refunds": "payments.view_refund",
    "GET refunds/{reference}": "payments.view_refund",
    "POST refunds/{reference}/approve": "payments.change_refund",
    "POST refunds/{reference}/decline": "payments.change_refund",
    "POST orders/{number}/account-proposals": "storefront.correct_account",
    "POST orders/{number}/change-account": "storefront.correct_account",
    "GET orders/{number}/notes": "storefront.view_order",
    "POST orders/{number}/notes": "core.add_note",
    "GET approvals": "core.view_approval",
    "GET approvals/{number}": "core.view_approval",
    "POST approvals/{number}/approve": "core.view_approval",
    "POST approvals/{number}/refuse": "core.view_approval",
    "GET payouts": "payments.view_payout",
    "GET payouts/{number}": "payments.view_payout",
    "POST payouts/{number}/prepare": "payments.change_payout",
    "POST payouts/{number}/approve": "payments.approve_payout",
    "POST payouts/{number}/paid": "payments.approve_payout",
    "POST payouts/{number}/return": "payments.change_payout",
    "GET cases": "core.view_staffcase",
    "POST cases/{number}/resolve": "core.change_staffcase",
    "GET discrepancies": "core.view_discrepancy",
    "GET sheets": "",
    "GET sheets/{code}": "storefront.view_skuprice",
    "POST sheets/{code}/imports": "storefront.change_skuprice",
    "GET imports/{number}": "storefront.view_skuprice",
    "POST imports/{number}/publish": "core.publish_sheet storefront.change_skuprice",
    "POST imports/{number}/undo": "core.undo_sheet storefront.change_skuprice",
    "GET reports/figures": "fulfilment.view_figures",
}


def status(script: Script, row: str, file: int) -> int:
    method, _space, path = row.partition(" ")
    words = {"number": str(file), "code": "prices"}
    path = re.sub(r"\{(\w+)\}", lambda word: words.get(word[1], "GATE1"), path)
    if method == "POST":
        return script.post(path, key="one").status_code
    return (script.get(path) if method == "GET" else script.head(path)).status_code


def test_every_operation_is_in_the_table_and_in_the_document() -> None:
    document = openapi.document(STAFF)
    named = {f"{method.upper()} {path.removeprefix('/admin/v2/')}" for path, method, _ in openapi.operations(document)}
    assert named == set(SCOPE)
    for path, method, operation in openapi.operations(document):
        assert operation.get("summary") and operation["security"] == [{"staffToken": []}], (method, path)
    ids = [operation["operationId"] for _path, _method, operation in openapi.operations(document)]
    assert len(ids) == len(set(ids))


def test_each_needs_its_own_scope_and_no_other(settings) -> None:
    settings.RATE_LIMITS = False
    price = factories.sku().prices.get()
    line = f"sku,region,price\n{price.sku.code},{price.region_id},1\n"
    file = importing.read_file(goods.PRICES, line.encode(), file_name="x.csv", by="x").pk
    known = sorted(set(" ".join(SCOPE.values()).split()))
    without = {scope: Script(f"without-{number}", *(one for one in known if one != scope))
               for number, scope in enumerate(known)}  # fmt: skip
    for number, (row, scopes) in enumerate(SCOPE.items()):
        for scope in scopes.split():
            assert status(without[scope], row, file) == 403, (row, scope)
            if row.startswith("GET"):
                assert status(without[scope], row.replace("GET", "HEAD"), file) == 403, (row, scope)
        if scopes:
            # 415: what is read in are files.
            assert status(Script(f"only-{number}", *scopes.split()), row, file) in (200, 404, 415, 422), row


def test_neither_a_session_nor_a_customer_s_token_opens_it(settings) -> None:
    settings.RATE_LIMITS = False
    user = member(is_staff=True, is_superuser=True)
    bearer = log_in(Client(), user)["accessToken"]
    browser = enter(Client(), user)
    for row in SCOPE:
        method, _space, path = row.partition(" ")
        path = "/admin/v2/" + re.sub(r"\{\w+\}", "1", path)
        for client, headers in ((browser, {}), (Client(), {"Authorization": f"Bearer {bearer}"})):
            answer = client.generic(method, path, "{}", content_type="application/json", headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "UNAUTHORIZED"), row


def test_it_describes_itself_to_everybody(client: Client) -> None:
    assert client.get("/admin/v2/schema").json()["info"]["title"] == "Admin API"
    assert "/admin/v2/refunds" in client.get("/admin/v2/docs").content.decode()
    assert "/admin/v2/" not in client.get("/v2/schema").content.decode()
    for path in ("/admin/v2", "/admin/v2/", "/admin/v2/nothing"):
        for answer in (client.get(path), Client(enforce_csrf_checks=True).post(path)):
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND"), path
