"""The customer desk: one page for a bounded number of statements, verbs with permission, reason and audit, personal
data handed out and erased while the books stay."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import mfa
from accounts.models import Session, User
from core import audit, notes
from core.approvals import services as approvals
from core.approvals.models import Approval
from core.cases import open_case
from core.errors import Refused
from core.models import AuditEntry, MailMessage, Note, SearchToken, StaffCase
from core.money import Money
from fulfilment.desk import erasing, forgetting, guests
from fulfilment.models import Attempt
from payments import ledger_check
from payments.models import Transfer
from payments.wallet import services as ledger
from storefront.orders import search_words
from storefront.orders.models import Order
from tests.accounts.cast import member, with_second_factor
from tests.fulfilment import desk
from tests.payments.members import funded
from tests.staff import enter
from tests.storefront import factories

pytestmark = pytest.mark.django_db
WHY = "as agreed on the phone"
SAID = {"_form_submitted": "True", "reason": WHY, "check": "CALLED_BACK"}
PAGE = 26


@pytest.fixture
def boss() -> User:
    return User.objects.create_superuser("boss@example.com", "x")


@pytest.fixture
def office(boss: User) -> Client:
    return enter(Client(headers={"accept-language": "en"}), boss)


@pytest.fixture
def sari(db: None) -> User:
    return member("sari@example.com", first_name="Sari", phone="+628170009123")


def say(client: Client, user: User, verb: str, **said: Any) -> str:
    answer = client.post(reverse(f"admin:fulfilment_customer_{verb}", args=[user.pk]), SAID | said, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def bought(supplier: Any, user: User) -> Order:
    order = desk.paid(player="656696292", zone="8610", user=user, email=user.email, phone="+628170009123")
    desk.work(2)
    order.refresh_from_db()
    assert order.status == "SUCCESS"
    return order


def test_the_page_shows_the_whole_customer_for_a_bounded_number_of_statements(
    supplier: Any, office: Client, sari: User, boss: User, django_assert_max_num_queries: Any
) -> None:
    order = bought(supplier, sari)
    funded(sari, 25_000)
    Session.objects.create(user=sari, kind="PAGE", device="Chrome · Android", address="203.0.113.9")
    notes.write(notes.about_user(sari.public_id), boss, "Prefers WhatsApp.")
    address = reverse("admin:fulfilment_customer_change", args=[sari.pk])
    office.get(address)
    with django_assert_max_num_queries(PAGE):
        page = office.get(address).content.decode()
    for shown in (order.number, "Rp25.000", "Chrome · Android", "203.0.113.9", "Prefers WhatsApp.", "points earned"):
        assert shown in page, shown


def test_customers_are_found_and_staff_are_not_among_them(office: Client, sari: User) -> None:
    url = reverse("admin:fulfilment_customer_changelist")
    for term in ("sari", "0817000", sari.public_id):
        assert "sari@example.com" in office.get(url, {"q": term}).content.decode(), term
    assert "boss@example.com" not in office.get(url).content.decode().split("<tbody")[-1].split("</tbody")[0]
    boss = User.objects.get(email="boss@example.com")
    assert office.get(reverse("admin:fulfilment_customer_change", args=[boss.pk])).status_code == 302


def test_suspended_and_restored_once_each(office: Client, sari: User) -> None:
    session = Session.objects.create(user=sari, kind="API")
    assert "Nobody signs in" in say(office, sari, "suspend") and "was so before" in say(office, sari, "suspend")
    session.refresh_from_db()
    sari.refresh_from_db()
    assert (sari.status, session.ended_why) == ("SUSPENDED", "STAFF")
    assert "may sign in" in say(office, sari, "restore") and "not suspended" in say(office, sari, "restore")
    sari.refresh_from_db()
    assert sari.status == "ACTIVE"
    assert list(AuditEntry.objects.order_by("id").values_list("action", "why")) == [
        ("suspended", WHY), ("restored", WHY),
    ]  # fmt: skip


def test_a_lost_second_factor_and_all_devices(office: Client, sari: User) -> None:
    with_second_factor(sari)
    Session.objects.create(user=sari, kind="API")
    assert "Done" in say(office, sari, "end_sessions") and not Session.objects.filter(ended_at=None).exists()
    say(office, sari, "reset_second_factor", check="")
    assert mfa.is_active(sari)
    say(office, sari, "reset_second_factor")
    assert not mfa.is_active(sari) and AuditEntry.objects.get(action="second factor reset").after


def test_a_balance_is_adjusted_by_two_persons_and_by_two_clicks_once(office: Client, sari: User) -> None:
    given = {"amount": "12500", "currency": "IDR", "wish": "one"}
    for _ in range(2):
        say(office, sari, "adjust_balance", **given)
    assert ledger.balances(sari) == {} and Approval.objects.count() == 1
    boss = User.objects.get(email="boss@example.com")
    with pytest.raises(Refused):
        approvals.approve(Approval.objects.get().pk, boss, "mine")
    approvals.approve(Approval.objects.get().pk, User.objects.create_superuser("two@example.com", "x"), "right")
    assert ledger.balances(sari) == {"IDR": Money(12_500, "IDR")} and not ledger_check.problems()
    assert "holds" in say(office, sari, "adjust_balance", amount="-99999", currency="IDR", wish="two")
    say(office, sari, "adjust_balance", amount="1e30", currency="IDR", wish="three")  # no more than a row can hold
    assert Transfer.objects.filter(reason="adjustment").count() == 1


def test_an_order_s_member_is_credited_by_two_persons(supplier: Any, office: Client, sari: User) -> None:
    order = bought(supplier, sari)
    url = reverse("admin:storefront_order_credit_wallet", args=[order.pk])
    for _ in range(2):
        office.post(url, SAID | {"amount": "5000", "wish": "gift"})
    approval = Approval.objects.get()
    assert order.number in approval.why and ledger.balances(sari) == {}
    guest = desk.paid()
    office.post(reverse("admin:storefront_order_credit_wallet", args=[guest.pk]), SAID | {"amount": "5", "wish": "x"})
    assert Approval.objects.count() == 1


def test_guest_orders_become_the_member_s_who_proved_the_address(office: Client, sari: User) -> None:
    order = factories.order(email="Sari@Example.com")
    User.objects.filter(pk=sari.pk).update(email_verified_at=None)
    say(office, sari, "claim_orders")
    assert Order.objects.get(pk=order.pk).user_id is None
    User.objects.filter(pk=sari.pk).update(email_verified_at=sari.created_at)
    assert "1 orders" in say(office, sari, "claim_orders") and "no guest orders" in say(office, sari, "claim_orders")
    assert Order.objects.get(pk=order.pk).user_id == sari.pk
    assert AuditEntry.objects.get(action="guest orders taken over").after == {"orders": 1}


def test_two_addresses_of_one_guest_become_one(supplier: Any, office: Client, sari: User) -> None:
    old = [factories.order(email="dewi@gmial.example") for _ in range(2)]
    factories.order(email="dewi@gmail.example")
    url = reverse("admin:storefront_order_merge_guest", args=[old[0].pk])
    for into in ("nobody@example.com", "dewi@gmial.example"):
        office.post(url, SAID | {"address": into})
    assert Order.objects.filter(email="dewi@gmial.example").count() == 2
    for _ in range(2):
        office.post(url, SAID | {"address": "Dewi@Gmail.example"})
    assert Order.objects.filter(email="dewi@gmail.example").count() == 3
    assert AuditEntry.objects.filter(action="guests merged").count() == 1
    assert guests.merge("dewi@gmail.example", sari.email, "boss", WHY) == 3
    assert Order.objects.filter(user=sari).count() == 3


def test_a_guest_whose_money_is_on_its_way_is_not_merged(supplier: Any) -> None:
    supplier.faults(create_order={"reject": 1.0})
    desk.paid(email="one@example.com")
    desk.work()
    factories.order(email="two@example.com")
    with pytest.raises(Refused, match="on its way back"):
        guests.merge("one@example.com", "two@example.com", "boss", WHY)
    assert Order.objects.filter(email="one@example.com").count() == 1 and not AuditEntry.objects.filter(actor="boss")


def test_what_is_kept_is_handed_out_to_who_asked_for_it(supplier: Any, office: Client, sari: User) -> None:
    order = bought(supplier, sari)
    funded(sari, 25_000)
    answer = office.post(reverse("admin:fulfilment_customer_export", args=[sari.pk]), SAID)
    assert answer.status_code == 302 and AuditEntry.objects.get(action="customer exported").why == WHY
    packed = zipfile.ZipFile(io.BytesIO(office.get(answer["Location"]).content))
    told = {name: packed.read(name).decode() for name in packed.namelist()}
    assert json.loads(told["orders.json"])[0]["number"] == order.number
    assert "Rp25.000" in told["wallets.json"] and "sari@example.com" in told["account.json"]
    whole = "".join(told.values())
    assert "pbkdf2" not in whole and "cost" not in whole.replace("at no cost", "")
    other = enter(Client(), User.objects.create_superuser("two@example.com", "x"))
    assert other.get(answer["Location"]).status_code == 403
    assert office.get(answer["Location"][:-9] + "x/").status_code == 404


def test_nobody_is_erased_while_something_is_open(supplier: Any, office: Client, sari: User) -> None:
    order = desk.paid(user=sari, email=sari.email)
    funded(sari, 25_000)
    dialog = office.get(reverse("admin:fulfilment_customer_erase", args=[sari.pk])).content.decode()
    assert order.number in dialog and "Rp25.000" in dialog
    told = say(office, sari, "erase")
    assert "nothing has moved" in told and order.number in told
    sari.refresh_from_db()
    assert sari.email == "sari@example.com" and not AuditEntry.objects.exists()


def test_erased_nobody_is_recognised_and_the_books_stay(supplier: Any, office: Client, sari: User, boss: User) -> None:
    order = bought(supplier, sari)
    Order.objects.update(created_at=order.created_at.replace(year=2020))
    search_words.index_new()
    notes.write(notes.about_user(sari.public_id), boss, "Sari likes cats.")
    Session.objects.create(user=sari, kind="PAGE", device="Chrome", address="203.0.113.9")
    audit.record("boss@example.com", "changed", audit.subject_of(sari), after={"first_name": "Sari"})
    before = list(Transfer.objects.order_by("id").values_list("key", "amount_minor"))
    assert "forgotten" in say(office, sari, "erase") and "done before" in say(office, sari, "erase")
    assert list(Transfer.objects.order_by("id").values_list("key", "amount_minor")) == before
    assert not ledger_check.problems()
    user, kept = User.objects.get(pk=sari.pk), Order.objects.get(pk=order.pk)
    assert (user.phone, user.first_name, user.status) == (None, "", "SUSPENDED") and not user.has_usable_password()
    assert (kept.email, kept.phone, kept.nickname, kept.fields, kept.player_id) == ("", "", None, [], "")
    assert kept.total_minor == order.total_minor and kept.status == "SUCCESS" and kept.user_id == sari.pk
    assert Note.objects.get().text == "–" and not MailMessage.objects.exclude(to="").exists()
    assert not SearchToken.objects.filter(word__in=["sari", "656696292", "sari@example.com"]).exists()
    assert not Session.objects.exclude(address=None).exists()
    assert AuditEntry.objects.get(action="customer erased").actor == "boss@example.com"
    assert AuditEntry.objects.get(action="changed").after is None
    with pytest.raises(Refused, match="colleague"):
        erasing.erase(boss.pk, boss, WHY)
    assert "nothing to restore" in say(office, sari, "restore")
    assert member("sari@example.com").pk != sari.pk  # the address is free again


def test_a_purchase_of_somebody_erased_is_evidence_for_half_a_year_and_then_nobodys(
    supplier: Any, boss: User, sari: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = bought(supplier, sari)
    desk.look()
    other = bought(supplier, member("other@example.com"))
    open_case("flip", "flip:1", "Told otherwise", about=order.number, evidence={"player": "656696292"})
    StaffCase.objects.update(state="RESOLVED")
    erasing.erase(sari.pk, boss, WHY)
    mine = Attempt.objects.filter(topup__order=order)
    player = mine.get().player_id
    assert forgetting.forget_due() == 0 and mine.get().player_id == player, "a late row of theirs still finds it"
    now = timezone.now() + forgetting.KEPT_FOR
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert (forgetting.forget_due(), forgetting.forget_due()) == (1, 0)
    one = mine.get()
    assert (one.player_id, one.zone, one.answer, one.serial) == (f"erased:{one.pk}", "", "", "")
    assert one.history_row is None or one.history_row.player_id == one.player_id
    assert one.transaction_id and StaffCase.objects.get().evidence == {}
    assert Attempt.objects.get(topup__order=other).player_id == other.player_id
