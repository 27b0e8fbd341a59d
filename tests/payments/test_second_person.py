"""What one person may not give alone: support asks, finance approves, nobody approves their own (F17, F18)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import roles
from accounts.models import User
from core import cases
from core.approvals import services as approvals
from core.approvals.models import Approval, ApprovalLimit, DoneAlone
from core.errors import Refused
from core.models import AuditEntry, StaffCase
from core.money import Money
from payments.models import Account, Refund, Transfer
from payments.money_back import giving_back
from payments.wallet import adjusting
from payments.wallet import services as ledger
from tests.payments.back import sold
from tests.payments.cast import TOTAL, sound, standing
from tests.payments.members import books_hold, funded, holds, member
from tests.staff import enter
from tests.storefront import factories

pytestmark = pytest.mark.django_db
SAID = {"_form_submitted": "True", "reason": "the goods never came"}


@pytest.fixture(autouse=True)
def _roles() -> None:
    roles.sync()
    ApprovalLimit.objects.create(kind="refund", unit="IDR", most=9_999)


def colleague(role: str, name: str = "") -> User:
    user = User.objects.create_user(f"{name or role}@shop.example", "x", is_staff=True)
    user.groups.add(roles.group(role))
    return user


def test_nobody_gives_money_to_themselves() -> None:
    dewi, budi = colleague("finance"), colleague("finance", "budi")
    order = sold(user=dewi)
    finance, other = enter(Client(), dewi), enter(Client(), budi)
    give = reverse("admin:storefront_order_give_back", args=[order.pk])
    finance.post(give, SAID | {"amount": "1000", "seen": "0"})
    assert not order.refunds.exists(), "not even what one person may give to others"
    other.post(give, SAID | {"amount": "10000", "seen": "0"})
    refund = order.refunds.get()
    finance.post(reverse("admin:payments_refund_approve", args=[refund.pk]), SAID)
    refund.refresh_from_db()
    assert refund.state == "REVIEW"
    with pytest.raises(Refused):
        adjusting.adjust(dewi, Money(1, "IDR"), key="own", by=dewi.email, why="a present")
    wish = adjusting.adjust(dewi, Money(1, "IDR"), key="gift", by=budi.email, why="a present")
    assert wish is not None
    with pytest.raises(Refused):
        approvals.approve(wish.pk, dewi, "thank you")
    assert holds(dewi) == 0 and books_hold()


def test_support_asks_and_finance_approves_and_cannot_approve_her_own() -> None:
    order = sold(channel=factories.channel(is_refundable=True))
    support, dewi, budi = enter(Client(), colleague("support")), colleague("finance"), colleague("finance", "budi")
    give = reverse("admin:storefront_order_give_back", args=[order.pk])

    def ask(office: Client, amount: str) -> Refund:
        given = SAID | {"amount": amount, "seen": str(order.refunds.count())}
        for _click in range(2):
            assert office.post(give, given).status_code == 302
        return Refund.objects.latest("id")

    refund = ask(support, "10000")
    approval = Approval.objects.get()
    assert (refund.state, approval.asked_by, approval.about) == ("REVIEW", "support@shop.example", order.number)
    assert (approval.amount, Transfer.objects.filter(reason="refund").count()) == (Money(10_000, "IDR"), 0)
    approve = reverse("admin:payments_refund_approve", args=[refund.pk])
    assert support.post(approve, SAID).status_code == 403
    finance = enter(Client(), dewi)
    for _click in range(2):
        finance.post(approve, SAID)
    refund.refresh_from_db()
    assert refund.state == "DUE" and Approval.objects.get().decided_by == "finance@shop.example"

    own = ask(finance, "10001")
    with pytest.raises(Refused):
        cases.resolve(StaffCase.objects.get(state="OPEN"), dewi, "a closed case would leave the refund waiting unseen")
    approve = reverse("admin:core_approval_approve", args=[Approval.objects.latest("id").pk])
    finance.post(approve, SAID)
    finance.post(reverse("admin:payments_refund_approve", args=[own.pk]), SAID)
    own.refresh_from_db()
    assert own.state == "REVIEW" and approvals.waiting(f"payments.refund:{own.pk}") is not None
    enter(Client(), budi).post(approve, SAID)
    own.refresh_from_db()
    assert own.state == "DUE" and not StaffCase.objects.filter(state="OPEN").exists()
    assert sound(order) and books_hold()
    trail = AuditEntry.objects.filter(subject=f"payments.refund:{own.pk}").order_by("id")
    assert list(trail.values_list("actor", "action")) == [
        ("finance@shop.example", "refund: asked"),
        ("budi@shop.example", "refund: done"),
    ]


def test_many_small_gifts_are_no_way_around_the_limit() -> None:
    order = sold(channel=factories.channel(is_refundable=True))
    states = []
    for seen in range(2):
        refund, _new = giving_back.give_back(order.pk, Money(9_000, "IDR"), seen=seen, by="sari", why="a gift")
        states.append(refund.state)
    assert states == ["DUE", "REVIEW"] and Approval.objects.count() == 1


def test_declined_or_lapsed_nothing_is_owed() -> None:
    order = sold(channel=factories.channel(is_refundable=True))
    for seen, end in enumerate(("refuse", "lapse")):
        refund, _new = giving_back.give_back(order.pk, Money(10_000 + seen, "IDR"), seen=seen, by="sari", why="a gift")
        approval = Approval.objects.latest("id")
        if end == "refuse":
            approvals.refuse(approval.pk, colleague("finance"), "too much")
        else:
            Approval.objects.filter(pk=approval.pk).update(expires_at=approval.asked_at)
            assert approvals.lapse_due() == 1
        refund.refresh_from_db()
        assert refund.state == "WITHDRAWN"
    assert giving_back.remaining(order).minor == TOTAL and standing(Account.Kind.REFUNDS) == 0 and books_hold()


def test_a_balance_is_adjusted_by_two_persons(settings: Any) -> None:
    user, dewi = member(), colleague("finance")
    funded(user, 50_000)

    def adjust(minor: int, key: str) -> Approval | None:
        wish = Money(minor, "IDR")
        return adjusting.adjust(user, wish, key=key, by="support@shop.example", why="paid for it twice")

    first = adjust(20_000, "a")
    assert first is not None and adjust(20_000, "a") == first and holds(user) == 50_000
    approvals.approve(first.pk, dewi, "seen on the statement")
    assert holds(user) == 70_000 and standing(Account.Kind.GOODWILL) == -20_000
    with pytest.raises(Refused):
        adjust(-70_001, "b")
    taken, rival = adjust(-60_000, "b"), adjust(-60_000, "c")
    approvals.approve(taken.pk, dewi, "right")
    with pytest.raises(Refused):
        approvals.approve(rival.pk, dewi, "right")  # the wallet holds less by now: it waits on
    assert holds(user) == 10_000 and Approval.objects.get(pk=rival.pk).state == "WAITING" and books_hold()
    ApprovalLimit.objects.create(kind="balance", unit="IDR", most=1_000)
    assert adjust(1_000, "d") is None and adjust(1_000, "d") is None and holds(user) == 11_000
    waits = adjust(-1, "e")
    assert waits is not None, "what one person did alone counts for a day, however small the wishes are"
    DoneAlone.objects.update(at=timezone.now() - timedelta(hours=25))
    assert adjust(-1, "f") is None and holds(user) == ledger.balances(user)["IDR"].minor == 10_999
    assert AuditEntry.objects.filter(action="balance adjusted").count() == 4
    settings.BALANCE_CHANGE_MOST = {"IDR": Money(10_000_000, "IDR")}
    with pytest.raises(Refused):
        adjust(10_000_001, "g")  # not even by two persons
