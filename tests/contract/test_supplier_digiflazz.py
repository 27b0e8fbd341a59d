"""Digiflazz's adapter against its wire: the documented vectors, the sandbox, and a scripted server for what is odd."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import time

import pytest

from core.money import Money
from fulfilment.suppliers.base import Ask, Meaning, Outcome, Placed, SupplierDenied, SupplierUnavailable
from fulfilment.suppliers.digiflazz import Digiflazz, _sign, sign
from fulfilment.suppliers.digiflazz_codes import FINAL_WHEN_ASKED, OUR_FAULT, REFUSALS, STAFF
from tests.contract.supplier import Party, SupplierContract

digiflazz = Digiflazz()
REF = "GATE1A11BB97DF88D56530993-1-1"
ASK = Ask("tsel10", "telkomsel", "081211112222", "", "", REF, "081211112222", Money(10490, "IDR"))
TOLD = {
    "ref_id": REF,
    "customer_no": "081211112222",
    "buyer_sku_code": "tsel10",
    "message": "Transaksi Sukses",
    "status": "Sukses",
    "rc": "00",
    "buyer_last_saldo": 990000,
    "sn": "1234567890",
    "price": 10285,
    "tele": "@telegram",
    "wa": "081234512345",
}
HOOK = (
    b'{"data":{"ref_id":"GATE1A11BB97DF88D56530993","customer_no":"087800001233","buyer_sku_code":"xld10",'
    b'"message":"Transaksi Sukses","status":"Sukses","rc":"00","buyer_last_saldo":990000,"sn":"1234567890",'
    b'"price":10000,"tele":"@telegram","wa":"081234512345"}}'
)


class TestContract(SupplierContract):
    supplier = digiflazz
    address, patience, secret = "DIGIFLAZZ_BASE_URL", "DIGIFLAZZ_TIMEOUT_SECONDS", "DIGIFLAZZ_API_KEY"
    ask, made = ASK, {"data": TOLD}


@pytest.fixture
def party(settings) -> Iterator[Party]:
    made = Party()
    settings.DIGIFLAZZ_BASE_URL, settings.DIGIFLAZZ_TIMEOUT_SECONDS = made.url, 2
    settings.DIGIFLAZZ_USERNAME, settings.DIGIFLAZZ_API_KEY = "gateuser", "dev-test-key"
    yield made
    made.close()


def _told(party: Party, rc: str, status: str = "Gagal", *, look: bool = False, **more: object) -> Placed:
    party.says({"data": TOLD | {"rc": rc, "status": status} | more})
    return digiflazz.check(ASK) if look else digiflazz.place(ASK)


def test_signatures_are_as_measured(settings):
    settings.DIGIFLAZZ_USERNAME, settings.DIGIFLAZZ_API_KEY = "gateuser", "dev-test-key"
    assert _sign("depo") == "c493d89a290d1e90a5ae8822ccea4a8c"
    assert _sign("pricelist") == "37d35a2789fc7fd09378acf61e73ee11"
    assert sign("GATE1A11BB97DF88D56530993") == "6a6a76ff735d67a17242284a59d34c36"


def test_a_webhook_is_signed_over_its_bytes(settings):
    settings.DIGIFLAZZ_WEBHOOK_SECRET = "somesecretvalue"
    good = "sha1=4635293e9d60ce01c4a8b4c0e85406a44babac38"
    assert digiflazz.is_authentic({"X-Hub-Signature": good}, HOOK)
    assert not digiflazz.is_authentic({"X-Hub-Signature": good}, HOOK + b" ")
    assert not digiflazz.is_authentic({"X-Hub-Signature": good.removeprefix("sha1=")}, HOOK)
    assert not digiflazz.is_authentic({}, HOOK)
    settings.DIGIFLAZZ_WEBHOOK_SECRET = ""
    assert not digiflazz.is_authentic({"X-Hub-Signature": good}, HOOK), "without a secret nobody is believed"


def test_a_purchase_goes_out_whole_and_its_repetition_is_the_same(party):
    party.says({"data": TOLD})
    digiflazz.place(ASK)
    assert party.told() == {
        "username": "gateuser",
        "buyer_sku_code": "tsel10",
        "customer_no": "081211112222",
        "ref_id": REF,
        "sign": sign(REF),
        "max_price": 10490,
    }
    digiflazz.check(ASK)
    assert len({request.partition(b"\r\n\r\n")[2] for request in party.requests}) == 1


def test_a_number_with_a_dot_asks_for_leave(party):
    party.says({"data": TOLD})
    digiflazz.place(Ask("ml86", "mobile_legends", "656696292", "8610", "", REF, "656696292.8610"))
    assert party.told()["allow_dot"] is True and "max_price" not in party.told()


def test_what_arrived_has_a_proof_and_a_price(party):
    placed = _told(party, "00", "Sukses")
    assert placed.outcome == Outcome.ACCEPTED and placed.is_delivered
    assert (placed.serial, placed.cost, placed.player_id) == ("1234567890", Money(10285, "IDR"), "081211112222")
    assert placed.transaction_id == REF


@pytest.mark.parametrize("rc", ["03", "99", "98", "", "00"])
def test_what_is_pending_or_unheard_of_is_open(party, rc):
    """99 is a trouble of their router, whatever it sounds like; a code nobody listed says nothing."""
    placed = _told(party, rc, "Pending")
    assert placed.outcome == (Outcome.ACCEPTED if rc else Outcome.UNKNOWN) and not placed.is_delivered


@pytest.mark.parametrize(("rc", "status"), [("77", "Gagal"), ("00", "Gagal"), ("02", "Sukses"), ("54", "Pending")])
def test_words_that_contradict_each_other_end_nothing(party, rc, status):
    placed = _told(party, rc, status)
    assert placed.outcome == Outcome.ACCEPTED and not placed.is_delivered


@pytest.mark.parametrize("rc", sorted(REFUSALS))
def test_the_table_of_refusals(party, rc):
    meaning, formed = REFUSALS[rc]
    for status in (200, 400):
        party.says({"data": TOLD | {"rc": rc, "status": "Gagal", "sn": ""}}, status)
        placed = digiflazz.place(ASK)
        assert (placed.outcome, placed.meaning, placed.is_formed) == (Outcome.REJECTED, meaning, formed)


def test_the_table_says_what_the_documentation_says():
    by_meaning = {meaning: {rc for rc, (one, _) in REFUSALS.items() if one == meaning} for meaning in Meaning}
    assert by_meaning[Meaning.PLAYER] == {"51", "52", "54", "57", "59", "60", "72"}
    assert by_meaning[Meaning.BALANCE] == {"44", "61"} and by_meaning[Meaning.PRICE] == {"69"}
    formed = {rc for rc, (_, is_formed) in REFUSALS.items() if is_formed}
    assert formed == {"02", "51", "52", "53", "54", "55", "57", "58", "59", "60", "71", "72", "73", "74", "84"}
    assert set(OUR_FAULT) == {"40", "41", "42", "45", "82", "88"} and set(STAFF) == {"47", "49", "50"}
    everything = [*REFUSALS, *OUR_FAULT, *STAFF, *FINAL_WHEN_ASKED, "00", "03", "83", "99"]
    documented = [0, 1, 2, 3, *range(40, 46), 47, *range(49, 75), *range(80, 89), 99]
    assert sorted(everything) == [f"{rc:02d}" for rc in documented]


@pytest.mark.parametrize("rc", sorted(FINAL_WHEN_ASKED))
def test_a_time_out_on_their_side_is_final_only_when_asked_again(party, rc):
    assert _told(party, rc).outcome == Outcome.ACCEPTED
    placed = _told(party, rc, look=True)
    assert (placed.outcome, placed.meaning) == (Outcome.REJECTED, FINAL_WHEN_ASKED[rc]) and placed.is_formed


@pytest.mark.parametrize("rc", sorted(OUR_FAULT))
def test_who_is_not_let_in_is_told_so(party, rc):
    party.says({"data": {"rc": rc, "status": "Gagal", "message": "IP Anda tidak kami kenali"}}, 400)
    assert digiflazz.place(ASK).outcome == Outcome.DENIED
    with pytest.raises(SupplierDenied):
        digiflazz.profile()


@pytest.mark.parametrize("rc", sorted(STAFF))
def test_what_only_a_person_can_tell(party, rc):
    placed = _told(party, rc)
    assert placed.outcome == Outcome.UNKNOWN and placed.needs_staff


def test_an_answer_about_another_reference_proves_nothing(party):
    assert _told(party, "00", "Sukses", ref_id="GATE2-1-1").outcome == Outcome.UNKNOWN
    assert _told(party, "02", "Gagal", ref_id="GATE2-1-1").outcome == Outcome.UNKNOWN


@pytest.mark.parametrize("status", [401, 403])
def test_a_closed_door_without_words(party, status):
    party.says(b"blocked", status)
    assert digiflazz.place(ASK).outcome == Outcome.DENIED


def test_the_price_list(party):
    row = {
        "product_name": "MOBILELEGEND - 86 Diamond",
        "category": "Games",
        "brand": "MOBILE LEGENDS",
        "type": "Umum",
        "seller_name": "Seller",
        "price": 22080,
        "buyer_sku_code": "ml86",
        "buyer_product_status": True,
        "seller_product_status": True,
        "unlimited_stock": True,
        "stock": 0,
        "multi": True,
        "start_cut_off": "23:45",
        "end_cut_off": "0:15",
        "desc": "-",
    }
    changes = [
        {},
        {"buyer_product_status": False},
        {"seller_product_status": False},
        {"unlimited_stock": False},
        {"unlimited_stock": False, "stock": 3},
        {"multi": False, "start_cut_off": "0:0", "end_cut_off": "0:0"},
    ]
    party.says({"data": [row | change | {"buyer_sku_code": f"s{n}"} for n, change in enumerate(changes)] + [None]})
    catalogue = digiflazz.catalogue()
    assert party.told() == {"cmd": "prepaid", "username": "gateuser", "sign": _sign("pricelist")}
    assert [game.code for game in catalogue.games] == ["mobile_legends"]
    assert [offer.is_active for offer in catalogue.offers] == [True, False, False, False, True, True]
    assert catalogue.offers[0].cut_off == (time(23, 45), time(0, 15)) and catalogue.offers[0].is_multi
    assert catalogue.offers[5].cut_off is None and not catalogue.offers[5].is_multi
    assert catalogue.offers[0].cost == Money(22080, "IDR")


def test_the_price_list_too_often_changes_nothing(sandbox):
    assert digiflazz.catalogue().offers
    with pytest.raises(SupplierUnavailable, match="83"):
        digiflazz.catalogue()


def test_the_deposit_may_be_written_with_a_fraction(party):
    party.says(b'{"data": {"deposit": 500000000000.0}}')
    assert digiflazz.profile().balance == Money(500_000_000_000, "IDR")


@pytest.mark.parametrize("body", [b"{}", b"<html>", b'{"data": {"rc": "99", "message": "x"}}', b'{"data": []}'])
def test_a_deposit_that_is_none(party, body):
    party.says(body)
    with pytest.raises(SupplierUnavailable):
        digiflazz.profile()


def test_the_sandbox_plays_the_documented_test_numbers(sandbox):
    sandbox.faults(callback={"drop": 1.0}, order={"never": 1.0})
    told = {}
    for number in ("087800001230", "087800001232", "087800001233"):
        told[number] = digiflazz.place(Ask("xld10", "xl", number, "", "", f"REF-{number}", number)).outcome
    assert list(told.values()) == [Outcome.ACCEPTED, Outcome.REJECTED, Outcome.ACCEPTED]


def test_news_are_read_as_an_answer_is():
    news = digiflazz.read_news(HOOK)
    assert news is not None and news.placed.is_delivered and news.placed.serial == "1234567890"
    assert (news.reference, news.status, news.detail) == ("GATE1A11BB97DF88D56530993", "sukses", "00")
    lost = digiflazz.read_news(json.dumps({"data": TOLD | {"rc": "43", "status": "Gagal"}}).encode())
    assert lost is not None and lost.placed.outcome == Outcome.REJECTED and lost.placed.is_formed
    late = digiflazz.read_news(json.dumps({"data": TOLD | {"rc": "01", "status": "Gagal"}}).encode())
    assert late is not None and late.placed.outcome == Outcome.ACCEPTED and not late.placed.is_delivered
    for body in (b"", b"[]", b'{"data": []}', b'{"data": {"rc": "00"}}', b"\xff"):
        assert digiflazz.read_news(body) is None
