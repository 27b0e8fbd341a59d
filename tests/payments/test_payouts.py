"""Pay-outs take two persons, and each step is taken once (F17, F18; invariant 3)."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.errors import Refused
from core.models import AuditEntry, MailMessage, StaffCase
from core.money import Money
from payments.models import Account, Payout
from payments.money_back import claims, payouts
from tests.payments.back import ACCOUNT, again, claimable, claimed, staff
from tests.payments.cast import TOTAL, books, sound, standing
from tests.payments.members import books_hold
from tests.staff import enter

pytestmark = pytest.mark.django_db
PAID = {"clearing:xendit:IDR": -TOTAL, "external:IDR": TOTAL}


def paid() -> Payout:
    payout, ani, budi = claimed(), staff("ani"), staff("budi")
    payouts.prepare(payout.pk, ani, "number compared")
    payouts.approve(payout.pk, budi, "looked at it too")
    return payouts.mark_paid(payout.pk, budi, "BCA 20261121 001")


def test_two_persons_pay_it_and_the_ledger_says_so() -> None:
    payout = paid()
    refund = again(payout.refund)
    assert (refund.state, refund.way, refund.done_at is None) == ("DONE", "PAYOUT", False)
    assert books() == PAID and sound(refund.order) and books_hold()
    assert [entry.actor for entry in AuditEntry.objects.filter(action__startswith="payout.").order_by("id")] == [
        *("ani@shop.example", "budi@shop.example", "budi@shop.example")
    ]
    assert [event.after for event in refund.events.all()] == ["CLAIMABLE", "CLAIMED", "DONE"]
    assert [mail.context["invoice"]["refund"]["headline"] for mail in MailMessage.objects.filter(template="refund")][
        -1
    ].endswith("BCA ••••6789 · A•• B•••")
    assert not StaffCase.objects.filter(state="OPEN").exists()


def test_f17_a_second_click_pays_nothing_again() -> None:
    payout = paid()
    budi = User.objects.get(email="budi@shop.example")
    assert payouts.mark_paid(payout.pk, budi, "BCA 20261121 001").state == "PAID"
    with pytest.raises(Refused):
        payouts.mark_paid(payout.pk, budi, "another reference")
    for act in (payouts.prepare, payouts.approve):
        with pytest.raises(Refused):
            act(payout.pk, budi, "again")
    assert books() == PAID


def test_the_same_person_cannot_be_both_not_even_past_the_code() -> None:
    payout, ani = claimed(), staff("ani")
    payouts.prepare(payout.pk, ani, "number compared")
    with pytest.raises(Refused):
        payouts.approve(payout.pk, ani, "I again")
    with pytest.raises(IntegrityError, match="payout_persons_differ"):
        Payout.objects.update(state="APPROVED", approved_by="ani@shop.example")


def test_nobody_else_pays_what_one_person_approved() -> None:
    payout, ani, budi, citra = claimed(), staff("ani"), staff("budi"), staff("citra")
    payouts.prepare(payout.pk, ani, "number compared")
    payouts.approve(payout.pk, budi, "looked at it too")
    for other in (ani, citra):
        for act in (payouts.mark_paid, payouts.return_it):
            with pytest.raises(Refused):
                act(payout.pk, other, "REF 1")
    assert standing(Account.Kind.REFUNDS) == TOTAL


def test_above_the_limit_it_needs_the_right_to_approve_any(settings: Any) -> None:
    settings.PAYOUT_LIMITS = {"IDR": Money(TOTAL - 1, "IDR")}
    payout = claimed()
    payouts.prepare(payout.pk, staff("ani"), "number compared")
    with pytest.raises(Refused):
        payouts.approve(payout.pk, staff("budi"), "looked at it too")
    assert payouts.approve(payout.pk, staff("citra", "approve_any_payout"), "looked").state == "APPROVED"


def test_one_reference_pays_one_pay_out() -> None:
    paid()
    second, ani, budi = claimed(), *User.objects.filter(is_staff=True).order_by("email")
    payouts.prepare(second.pk, ani, "number compared")
    payouts.approve(second.pk, budi, "looked at it too")
    with pytest.raises(Refused):
        payouts.mark_paid(second.pk, budi, "BCA 20261121 001")
    assert standing(Account.Kind.REFUNDS) == TOTAL


def test_an_account_that_cannot_be_paid_is_asked_for_again() -> None:
    payout, ani = claimed(), staff("ani")
    payouts.return_it(payout.pk, ani, "account closed")
    refund = again(payout.refund)
    assert (refund.state, refund.way) == ("CLAIMABLE", "")
    told = MailMessage.objects.latest("id").context["invoice"]["refund"]
    assert "tidak bisa dibayar" in told["state_text"] and "/refunds/" in told["claim_url"]
    second = claims.to_account(refund.pk, ACCOUNT)
    assert second.pk != payout.pk and books_hold()


def test_money_that_the_bank_sent_back_is_owed_again_and_paid_again() -> None:
    payout = paid()
    ani, budi = User.objects.filter(is_staff=True).order_by("email")
    payouts.return_it(payout.pk, ani, "the bank sent it back")
    refund = again(payout.refund)
    assert books() == {"clearing:xendit:IDR": -TOTAL, "refunds:IDR": TOTAL} and books_hold()
    second = claims.to_account(refund.pk, ACCOUNT)
    payouts.prepare(second.pk, budi, "number compared")
    payouts.approve(second.pk, ani, "looked at it too")
    payouts.mark_paid(second.pk, ani, "BCA 20261122 001")
    assert books() == PAID and sound(refund.order) and books_hold()


def test_by_hand_takes_two_persons_too() -> None:
    refund, ani, budi = claimable(), staff("ani"), staff("budi")
    payout = payouts.prepare_by_hand(refund.pk, ani, "cash at the counter, to Ani Budi")
    with pytest.raises(Refused):
        payouts.prepare_by_hand(refund.pk, budi, "again")
    with pytest.raises(Refused):
        payouts.approve(payout.pk, ani, "I again")
    payouts.approve(payout.pk, budi, "receipt seen")
    payouts.mark_paid(payout.pk, budi, "receipt 17")
    assert books() == PAID and again(refund).state == "DONE"


def test_the_back_office_walks_it_with_the_number_masked_in_lists() -> None:
    payout, offices = claimed(), []
    for person in (staff("ani"), staff("budi")):
        client = Client()
        enter(client, person)
        offices.append(client)
    ani, budi = offices
    page = reverse("admin:payments_payout_change", args=[payout.pk])
    assert "0123456789" not in ani.get(reverse("admin:payments_payout_changelist")).content.decode()
    assert "0123456789" in ani.get(page).content.decode()
    assert AuditEntry.objects.filter(action="payout.shown", actor="ani@shop.example").exists()

    def act(office: Client, name: str, **said: str) -> None:
        body = said or {"reason": "because it is right"}
        office.post(reverse(f"admin:payments_payout_{name}", args=[payout.pk]), body | {"_form_submitted": "True"})

    act(ani, "prepare")
    act(ani, "approve")
    assert Payout.objects.get().state == "PREPARED"
    for _click in range(2):
        act(budi, "approve")
        act(budi, "mark_paid", bank_reference="BCA 20261121 001")
    assert Payout.objects.get().state == "PAID" and books() == PAID
    assert "0123456789" not in budi.get(page).content.decode()


def test_an_account_is_sealed_again_under_a_new_key(settings: Any) -> None:
    payout, old = claimed(), list(settings.ENCRYPTION_KEYS)
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *old]
    call_command("reseal_payouts", stdout=StringIO())
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    assert payouts.account_of(Payout.objects.get(), staff("ani")) == ACCOUNT
    settings.ENCRYPTION_KEYS = old
    with pytest.raises(CommandError, match=f"rows {payout.pk}"):
        call_command("reseal_payouts", stdout=StringIO())
