"""What a whole guest order may cost in SQL: the bound that keeps checkout quick (bench/ measures the time)."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

BUDGET = 24
ACCOUNT = {"productCode": "MLBB", "userId": "700500600", "zoneId": "2001"}
TRANSACTION_WORDS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def post(client: Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(path, body, content_type="application/json")
    assert answer.status_code in (200, 201), answer.content
    return answer.json()["data"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sandbox")
def test_a_guest_order_takes_at_most_24_statements(client: Client) -> None:
    call_command("load_demo")
    with CaptureQueriesContext(connection) as asked:
        post(client, "/v2/account/inquiries", ACCOUNT)
        quote = {"skuCode": "MLBB_172", "quantity": 1, "paymentCode": "QRIS", "promoCode": "WELCOME10"}
        contact = {"email": "buyer@example.com", "phoneNumber": "+6281234567890"}
        token = post(client, "/v2/orders/inquiries", ACCOUNT | quote | contact)["validationToken"]
        order = post(client, "/v2/orders", {"validationToken": token})["order"]
    assert order["pricing"]["total"] == 44851
    counted = [query["sql"] for query in asked if not query["sql"].upper().startswith(TRANSACTION_WORDS)]
    listed = "\n".join(f"{number}: {sql[:160]}" for number, sql in enumerate(counted, 1))
    assert len(counted) <= BUDGET, f"{len(counted)} statements\n{listed}"
    print(f"{len(counted)} statements\n{listed}")
