"""Drafts: computed when something moves, ticked, published once as shown or refused, approved by two, undone."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from core import audit
from core.approvals import services as approvals
from core.approvals.models import Approval
from core.errors import Refused
from core.models import AuditEntry, ExchangeRate
from core.web import prebuilt
from fulfilment.models import MarginRule, PriceDraft, PriceLine, SupplierProduct
from fulfilment.pricing import drafts
from storefront.catalogue.models import SkuPrice
from storefront.catalogue.services import set_price
from tests.fulfilment import desk
from tests.fulfilment.pricing import shelf
from tests.storefront import factories


@dataclass(frozen=True)
class Person:
    """Somebody who may approve."""

    name: str

    def get_username(self) -> str:
        return self.name

    def has_perm(self, perm: str) -> bool:
        return perm == "fulfilment.publish_prices"


@pytest.mark.django_db
def test_what_is_published_is_what_was_shown_and_undoing_restores(django_capture_on_commit_callbacks) -> None:
    shelf.shop()
    SkuPrice.objects.update(original_minor=50_000)  # a struck price stays
    before = prebuilt.version()
    with django_capture_on_commit_callbacks(execute=True):
        draft = shelf.published()
    row = SkuPrice.objects.get()
    assert (row.price_minor, row.original_minor, draft.state) == (48_550, 50_000, "PUBLISHED")
    assert prebuilt.version() != before
    entry = AuditEntry.objects.get(action="price")
    assert (entry.actor, entry.before["price"], entry.after["price"], entry.why) == ("ani", 49_450, 48_550, "new month")
    with pytest.raises(Refused, match="VALIDATION_ERROR"):
        drafts.publish(draft, by="budi")
    assert drafts.reprice() is None, "nothing is left to change"
    assert drafts.undo(draft, by="budi", why="a slip") == (1, 0)
    row.refresh_from_db()
    assert (row.price_minor, row.original_minor) == (49_450, 50_000)
    with pytest.raises(Refused):
        drafts.undo(draft, by="budi")
    assert drafts.reprice() is None, "what was undone does not come back as news"


@pytest.mark.django_db
@pytest.mark.parametrize("moves", ["cost", "rate", "price", "rule", "fixed", "age"])
def test_what_has_moved_since_is_not_published(moves: str, monkeypatch) -> None:
    sku = shelf.shop()
    draft = drafts.make("ani")
    if moves == "cost":
        SupplierProduct.objects.update(cost_minor=265)
    elif moves == "rate":
        shelf.rate("17000", days_ago=0)
    elif moves == "price":
        set_price(sku, factories.region(), 49_000, None, by="cici")
    elif moves == "rule":
        MarginRule.objects.update(percent=15)
    elif moves == "fixed":
        SkuPrice.objects.update(is_fixed=True)
    else:
        later = timezone.now() + timedelta(days=8)
        monkeypatch.setattr(timezone, "now", lambda: later)
    stands = shelf.price()
    with pytest.raises(Refused) as refusal:
        drafts.publish(draft, by="ani", why="now")
    assert "MLBB_172 ID" in str(refusal.value.message)
    draft.refresh_from_db()
    assert (draft.state, shelf.price()) == ("DRAFT", stands)
    assert not AuditEntry.objects.filter(action="prices published").exists()


@pytest.mark.django_db
def test_a_jump_needs_a_tick_and_a_long_one_a_second_person(settings) -> None:
    shelf.shop(price=40_000)
    draft = drafts.make("ani")
    with pytest.raises(Refused, match="VALIDATION_ERROR"):
        drafts.publish(draft, by="ani")
    line = shelf.drafted()
    assert (line.guard, drafts.choose([line.pk], "ALLOWED", by="ani"), drafts.choose([line.pk], "ALLOWED", by="b")) == (
        "JUMP", 1, 0,
    )  # fmt: skip
    again = drafts.make("cici")
    assert (shelf.drafted().choice, shelf.drafted().chosen_by) == ("ALLOWED", "ani"), "the same line keeps its tick"
    settings.PRICE_SECOND_PERSON_PERCENT = 20
    assert drafts.publish(again, by="ani", why="rate").state == "WAITING"
    assert shelf.price() == 40_000
    approval = Approval.objects.get()
    with pytest.raises(Refused, match="FORBIDDEN"):
        approvals.approve(approval.pk, Person("ani"), "mine")
    shelf.rate("16401", days_ago=0)
    with pytest.raises(Refused, match="VALIDATION_ERROR"):
        approvals.approve(approval.pk, Person("budi"), "the rate has moved")
    assert (shelf.price(), Approval.objects.get().state) == (40_000, "WAITING")
    ExchangeRate.objects.filter(rate=16401).delete()
    approvals.approve(approval.pk, Person("budi"), "it is right")
    assert (shelf.price(), Approval.objects.get().outcome) == (48_550, "1 prices published")
    with pytest.raises(Refused):
        approvals.approve(approval.pk, Person("cici"), "again")
    again.refresh_from_db()
    assert (again.state, again.published_by, again.approved_by) == ("PUBLISHED", "ani", "budi")
    draft.refresh_from_db()
    assert (draft.state, AuditEntry.objects.filter(action="prices published").count()) == ("DROPPED", 1)


@pytest.mark.django_db
def test_a_draft_that_is_not_approved_is_dropped(settings) -> None:
    settings.PRICE_SECOND_PERSON_PERCENT = 0
    shelf.shop()
    draft = shelf.published()
    assert (draft.state, shelf.price()) == ("WAITING", 49_450)
    with pytest.raises(Refused):
        drafts.publish(draft, by="budi")
    approvals.refuse(Approval.objects.get().pk, Person("budi"), "not today")
    draft.refresh_from_db()
    assert (draft.state, shelf.price()) == ("DROPPED", 49_450)


@pytest.mark.django_db
def test_lines_left_out_and_prices_changed_since_stay_as_they_are() -> None:
    shelf.shop()
    other = shelf.shop("MLBB_86", price=25_000, cost=132)
    third = shelf.shop("MLBB_257", price=75_000, cost=396)
    draft = drafts.make("ani")
    assert drafts.choose([shelf.drafted("MLBB_257").pk], "LEFT", by="ani") == 1
    drafts.publish(draft, by="ani")
    assert (shelf.price(), shelf.price("MLBB_86"), shelf.price("MLBB_257")) == (48_550, 24_250, 75_000)
    set_price(other, factories.region(), 24_900, None, by="cici")
    assert drafts.undo(draft, by="ani") == (1, 1)
    assert (shelf.price(), shelf.price("MLBB_86")) == (49_450, 24_900)
    assert PriceLine.objects.filter(sku=third, is_applied=True).count() == 0


@pytest.mark.django_db
def test_F21_a_new_rate_is_a_new_draft_at_once_and_staff_are_told() -> None:
    shelf.shop(price=48_550)
    assert drafts.reprice() is None
    shelf.rate("17000", days_ago=0)
    draft = drafts.reprice()
    assert draft is not None and (draft.changes, draft.cause) == (1, "MOVED")
    assert draft.rates["USD/IDR"]["rate"] == "17000"
    assert drafts.reprice() is None, "told once"
    assert len(desk.cases("price-draft")) == 1
    drafts.publish(draft, by="ani")
    assert (shelf.price(), desk.cases("price-draft")[0].state) == (50_350, "RESOLVED")
    shelf.rate("1", days_ago=-0.0001)
    now = timezone.now() + timedelta(minutes=1)
    assert drafts.reprice(now) is None and shelf.price() == 50_350
    assert [case.evidence["problem"] for case in desk.cases("price-rate")] == ["RATE_ONE"]
    shelf.rate("16500", days_ago=-0.001)
    drafts.reprice(timezone.now() + timedelta(minutes=3))
    assert desk.cases("price-rate")[0].state == "RESOLVED"


@pytest.mark.django_db
def test_a_rule_that_publishes_itself_does_so_within_its_guard_and_an_undo_lasts() -> None:
    shelf.shop(price=48_550, publishes_itself=True)
    shelf.rate("17000", days_ago=0)
    assert drafts.reprice() is None
    itself = PriceDraft.objects.get()
    assert (shelf.price(), itself.cause, itself.published_by) == (50_350, "ITSELF", "prices")
    drafts.undo(itself, by="ani", why="not today")
    drafts.reprice()
    assert shelf.price() == 48_550 and SkuPrice.objects.get().is_fixed
    SkuPrice.objects.update(is_fixed=False)
    shelf.rate("25000", days_ago=0)
    draft = drafts.reprice()
    assert draft is not None and (draft.changes, draft.stopped, shelf.price()) == (0, 1, 48_550)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_publish_at_once_one_does(monkeypatch) -> None:
    shelf.shop()
    draft = drafts.make("ani")
    both, told = threading.Barrier(2, timeout=20), []

    def publish(name: str) -> None:
        try:
            both.wait()
            told.append(drafts.publish(draft, by=name).published_by)
        except Refused as refusal:
            told.append(refusal.code)
        finally:
            connection.close()

    def race() -> list[str]:
        told.clear()
        people = [threading.Thread(target=publish, args=(name,)) for name in ("ani", "budi")]
        for one in people:
            one.start()
        for one in people:
            one.join(30)
        return sorted(told)

    outcome = race()
    assert outcome[0] == "VALIDATION_ERROR" and outcome[1] in ("ani", "budi")
    assert AuditEntry.objects.filter(action="prices published").count() == 1
    # Without the lock and the look at the state, both would.
    drafts.undo(PriceDraft.objects.get(), by="cici")
    PriceDraft.objects.update(state="DRAFT")
    look = PriceDraft.objects.get
    monkeypatch.setattr(drafts, "_locked", lambda draft, *states: (look(pk=draft.pk), both.wait())[0])
    monkeypatch.setattr(drafts, "_apply", lambda draft, lines: audit.record(draft.published_by, "twice", ""))
    both = threading.Barrier(2, timeout=20)
    race()
    assert AuditEntry.objects.filter(action="twice").count() == 2


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_out_any_more_while_its_draft_is_published(monkeypatch) -> None:
    shelf.shop()
    draft, line, apply = drafts.make("ani"), shelf.drafted(), drafts._apply
    told: list[int | str] = []

    def leave_out() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '50ms'")
            told.append(drafts.choose([line.pk], "LEFT", by="budi"))
        except OperationalError:
            told.append("waits")
        finally:
            connection.close()

    def meanwhile(*given) -> None:
        other = threading.Thread(target=leave_out)
        other.start()
        other.join(30)
        apply(*given)

    monkeypatch.setattr(drafts, "_apply", meanwhile)
    drafts.publish(draft, by="ani")
    assert (told, drafts.choose([line.pk], "LEFT", by="budi")) == (["waits"], 0)
    assert (shelf.price(), PriceLine.objects.get().choice) == (48_550, "")


@pytest.mark.django_db
def test_a_thousand_prices_take_as_many_statements_as_ten(django_assert_max_num_queries) -> None:
    for number in range(12):
        shelf.shop(f"SKU_{number}")
    with django_assert_max_num_queries(26):
        drafts.make("ani")
