"""Orders only move forward along one table, and everything that was shown is kept on them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import product as pairs
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from storefront.inquiries import services as inquiries
from storefront.orders import services
from storefront.orders.models import Order, OrderEvent
from storefront.promos import services as promos
from tests.storefront import factories

NOW = datetime(2025, 12, 3, 8, 25, tzinfo=UTC)
ALLOWED = {
    ("PENDING", "PAID"), ("PENDING", "EXPIRED"), ("PAID", "PROCESSING"),
    ("PROCESSING", "SUCCESS"), ("PROCESSING", "FAILED"), ("EXPIRED", "PAID"),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("before", "after"), list(pairs(Order.Status.values, repeat=2)))
def test_every_step_there_is_and_every_step_there_is_not(before: str, after: str) -> None:
    """F10: a late 'failed' finds no way back from paid."""
    order = factories.order()
    Order.objects.filter(pk=order.pk).update(status=before)
    order.refresh_from_db()
    if (before, after) in ALLOWED:
        event = services.advance(order, after, by="test", reason="because", note="for staff", now=NOW)
        assert (event.before, event.after, event.by, event.reason, event.at) == (before, after, "test", "because", NOW)
    else:
        with pytest.raises(services.IllegalStep):
            services.advance(order, after, by="test")
    kept = Order.objects.get(pk=order.pk)
    assert kept.status == order.status == (after if (before, after) in ALLOWED else before)
    assert kept.events.count() == (2 if (before, after) in ALLOWED else 1)


@pytest.mark.django_db
def test_the_stamps_of_a_whole_life() -> None:
    order = factories.order()
    moments = {
        to: NOW + timedelta(minutes=minute) for minute, to in enumerate(["EXPIRED", "PAID", "PROCESSING", "SUCCESS"])
    }
    services.advance(order, "EXPIRED", by="t", now=moments["EXPIRED"])
    assert (order.paid_at, order.ended_at) == (None, moments["EXPIRED"])
    services.advance(order, "PAID", by="t", now=moments["PAID"])
    assert (order.paid_at, order.ended_at) == (moments["PAID"], None)
    services.advance(order, "PROCESSING", by="t", now=moments["PROCESSING"])
    services.advance(order, "SUCCESS", by="t", now=moments["SUCCESS"])
    kept = Order.objects.get(pk=order.pk)
    assert (kept.paid_at, kept.ended_at, kept.updated_at) == (moments["PAID"], moments["SUCCESS"], moments["SUCCESS"])
    assert kept.has_ended


@pytest.mark.django_db
def test_a_step_from_a_state_that_has_passed_is_refused_even_without_the_lock() -> None:
    order = factories.order()
    stale = Order.objects.get(pk=order.pk)
    services.advance(order, "PAID", by="first")
    with pytest.raises(services.IllegalStep):
        services.advance(stale, "EXPIRED", by="second")
    assert OrderEvent.objects.filter(order=order).count() == 2
    assert stale.status == "PENDING"


@pytest.mark.django_db
def test_an_order_keeps_what_the_quote_showed() -> None:
    promo = factories.promo()
    inquiry = factories.inquiry(promo=promo, discount_minor=4945, device="d", address="a")
    quote = inquiries.lock(inquiry.pk)
    with CaptureQueriesContext(connection) as statements:
        order = services.create_from(quote, number="GATE1", owner="browser", now=NOW)
    assert len(statements) == 2
    order.refresh_from_db()
    assert (order.status, order.number, order.owner, order.device, order.address) == (
        "PENDING",
        "GATE1",
        "browser",
        "d",
        "a",
    )
    assert (order.product_name, order.sku_name, order.channel_name) == (
        "Mobile Legends: Bang Bang",
        "172 Diamonds",
        "QRIS",
    )
    assert (order.player_id, order.zone, order.nickname) == ("656696292", "8610", "り い こ ✧")
    assert order.inputs == "656696292 - 8610"
    assert order.promo_code == "WELCOME10"
    assert (order.subtotal_minor, order.discount_minor, order.fee_minor, order.total_minor) == (49450, 4945, 346, 44851)
    assert order.expires_at == NOW + timedelta(seconds=3600)
    event = order.events.get()
    assert (event.before, event.after, event.reason, event.at) == ("", "PENDING", "created", NOW)


@pytest.mark.django_db
def test_how_long_an_unpaid_order_lives_can_be_set(settings: Any) -> None:
    settings.PAYMENT_SECONDS = 30
    order = factories.order()
    assert timedelta(seconds=29) < order.expires_at - order.created_at <= timedelta(seconds=30)


@pytest.mark.django_db
def test_one_quote_makes_one_order() -> None:
    inquiry = factories.inquiry()
    services.create_from(inquiry, number="GATE1", owner="", now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        services.create_from(inquiry, number="GATE2", owner="", now=NOW)


@pytest.mark.django_db
def test_an_expired_order_gives_its_slot_back() -> None:
    promo = factories.promo(max_usage=1)
    order = factories.order(promo=promo, discount_minor=4945)
    promos.take(promo.pk, order.number, "t", "d", "a", NOW)
    with transaction.atomic():
        services.expire(services.lock(order.pk, with_promo=True), by="payments.expire", now=NOW)
    promo.refresh_from_db()
    assert promo.used == 0
    assert Order.objects.get(pk=order.pk).status == "EXPIRED"


@pytest.mark.django_db
def test_units_are_counted_and_never_more_than_were_bought() -> None:
    order = factories.order(quantity=2, total_minor=99246)
    services.count_unit(order, delivered=1)
    services.count_unit(order, failed=1)
    kept = Order.objects.get(pk=order.pk)
    assert (kept.delivered, kept.failed) == (1, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        services.count_unit(kept, delivered=1)


def test_invoice_numbers() -> None:
    numbers = {services.new_number() for _ in range(1000)}
    assert len(numbers) == 1000
    assert all(re.fullmatch(r"GATE[A-Z0-9]{21}", number) for number in numbers)


@pytest.mark.django_db
def test_an_order_is_found_by_its_number_however_it_was_typed() -> None:
    order = factories.order(number="GATE1A11BB97DF88D56530993")
    assert services.find_for_track(" gate1a11 bb97df88d56530993\n").pk == order.pk
    for typed in ("", "GATE", "GATE1A11BB97DF88D5653099"):
        with pytest.raises(Exception, match="NOT_FOUND"):
            services.find_for_track(typed)


@pytest.mark.django_db
def test_a_quote_that_is_not_there_has_no_valid_token() -> None:
    inquiry = factories.inquiry(expires_at=timezone.now())
    token = inquiries.token_of(inquiry)
    inquiry.delete()
    with pytest.raises(Exception, match="INVALID_TOKEN"):
        inquiries.lock(inquiries.open_token(token))
