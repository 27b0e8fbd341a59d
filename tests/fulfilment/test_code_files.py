"""Files of codes: a dry run with what is wrong with each line, duplicates refused unread, and keys that change."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.utils import timezone

from core.errors import Refused
from core.models import AuditEntry
from core.money import Money
from fulfilment.codes import importing, receiving, secret
from fulfilment.codes.secret import Secret
from fulfilment.models import Attempt, Code, CodeBatch
from payments.models import Account
from payments.wallet import services as ledger
from tests.fulfilment import desk, vouchers

pytestmark = pytest.mark.django_db


def secrets() -> list[tuple[str, str, date | None]]:
    rows = [(secret.get(row), row.expires_on) for row in Code.objects.order_by("pk")]
    return [(one.code, one.serial, day) for one, day in rows]


def test_a_dry_run_takes_the_good_lines_and_says_what_is_wrong_with_the_others():
    here = vouchers.opened()
    year = timezone.localdate().year + 1
    file = f"""\ufeffcode;serial;expires
AAAA-1111-BBBB;SN-1;{year}-12-31
AAAA-2222-BBBB;SN-2;31/12/{year}
AAAA 1111 bbbb;SN-3;
=HYPERLINK("http://evil");;
1.23457E+15;;
XY;;
AAAA-3333-BBBB;;2020-01-01
AAAA-4444-BBBB;;whenever
AAAA-5555-BBBB;;;more
AAAA-6666-ÜÜÜÜ;;

AAAA-7777-BBBB
"""
    batch = vouchers.draft(here, file, expires_on=date(year, 6, 30))
    assert secrets() == [
        ("AAAA-1111-BBBB", "SN-1", date(year, 12, 31)),
        ("AAAA-2222-BBBB", "SN-2", date(year, 12, 31)),
        ("AAAA-7777-BBBB", "", date(year, 6, 30)),
    ]
    assert [one["line"] for one in batch.refused] == [4, 5, 6, 7, 8, 9, 10, 11]
    assert "AAAA" not in str(batch.refused) and "HYPERLINK" not in str(batch.refused)
    # Nothing of it can be sold, and nothing was paid, until somebody says so; then once.
    assert not Code.objects.exclude(state="DRAFT").exists()
    assert importing.put_on_sale(batch, by="staff") == 3
    with pytest.raises(Refused):
        importing.put_on_sale(batch, by="staff")
    assert ledger.balance(ledger.house(Account.Kind.PREPAID, "IDR", "stock")) == Money(135_000, "IDR")
    assert list(AuditEntry.objects.filter(actor="staff").values_list("action", flat=True)) == [
        "codes on sale", "codes read",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("heads", "line"),
    [
        ("Kode Voucher;Nomor Seri", "AAAA-1111;SN-1"),
        ("\nsep=;\nNo;Code;Serial Number;Price", "1000;AAAA-1111;SN-1;50000"),
        ("Serial,PIN", "SN-1,AAAA-1111"),
    ],
)
def test_a_line_of_heads_is_never_sold_as_a_code(heads, line):
    vouchers.draft(vouchers.opened(), f"{heads}\n{line}\n")
    assert secrets() == [("AAAA-1111", "SN-1", None)]


def test_a_code_of_letters_alone_is_no_head():
    assert vouchers.draft(vouchers.opened(), "DEMO-ABCD-EFGH\nDEMO-1BCD-EFGH\n").good == 2


@pytest.mark.parametrize(
    "file",
    ["Gutscheincode\nAAAA-1111\n", "serial;expires\nSN-1;\n", "code;pin\nA-1111;B-2222\n", f"A-1111\n{'1' * 140_000}"],
)
def test_heads_nobody_can_be_sure_of_and_lines_of_no_table_refuse_the_file(file):
    with pytest.raises(Refused, match="VALIDATION_ERROR"):
        vouchers.draft(vouchers.opened(), file)
    assert not Code.objects.exists()


def test_codes_that_expired_before_they_came_are_not_bought():
    with pytest.raises(Refused, match="VALIDATION_ERROR"):
        vouchers.draft(vouchers.opened(), "AAAA-1111", expires_on=timezone.localdate())


def test_a_code_that_was_ever_imported_is_refused_whatever_became_of_it():
    here = vouchers.opened()
    vouchers.fill(here, 2)
    vouchers.paid(here)
    vouchers.work()
    batch = vouchers.draft(here, "steam 0001 kode\nSTEAM-0002-KODE\nSTEAM-0003-KODE")
    assert [one["line"] for one in batch.refused] == [1, 2] and batch.good == 1
    with pytest.raises(Refused):
        vouchers.draft(here, "STEAM-0003-KODE")
    importing.discard(batch, by="staff")
    assert vouchers.draft(here, "STEAM-0003-KODE").good == 1


def test_a_forgotten_draft_is_discarded_after_a_day():
    here = vouchers.opened()
    batch = vouchers.draft(here, "STEAM-0003-KODE")
    importing.discard_forgotten()
    assert Code.objects.count() == 1
    CodeBatch.objects.update(added_at=timezone.now() - timedelta(days=1, minutes=1))
    importing.discard_forgotten()
    batch.refresh_from_db()
    assert batch.state == "DISCARDED" and not Code.objects.exists()


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00", b"code\n", b"A" * (4 * 1024 * 1024 + 1)])
def test_a_file_that_is_none_is_refused_whole(content):
    with pytest.raises(Refused, match="VALIDATION_ERROR"):
        importing.draft(
            vouchers.opened(), content, file_name="x", cost=vouchers.COST, expires_on=None, note="", by="staff"
        )
    assert not Code.objects.exists() and not CodeBatch.objects.exists()


def test_keys_change_without_a_code_lost_or_bought_twice(settings, capsys):
    here = vouchers.opened()
    codes = vouchers.fill(here, 3)
    old, new = settings.ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, old]
    # Between the two: old ones open, and are still known as duplicates.
    assert [code for code, _, _ in secrets()] == codes
    with pytest.raises(Refused):
        vouchers.draft(here, codes[0])
    call_command("reseal_codes")
    assert "3 codes resealed" in capsys.readouterr().out
    settings.ENCRYPTION_KEYS = [new]
    assert [code for code, _, _ in secrets()] == codes
    with pytest.raises(Refused):
        vouchers.draft(here, codes[0])
    call_command("reseal_codes")
    assert "0 codes resealed" in capsys.readouterr().out
    # A key taken out too early is named, not papered over.
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match="3 codes"):
        call_command("reseal_codes")


def test_a_code_from_a_supplier_is_kept_sealed_for_its_unit_once():
    desk.shop()
    order = desk.paid()
    desk.taking.take()
    order.topups.update(state="ACCEPTED")
    topup = order.topups.get()
    attempt = Attempt.objects.create(
        topup=topup, number=1, account=desk.account(), product=desk.product(), game_code="steam",
        product_code="steam_60000", cost_minor=100, callback_token="t", state="ACCEPTED",
    )  # fmt: skip
    assert receiving.keep(attempt, " SN 1234-5678-9012 ")
    assert not receiving.keep(attempt, "SN 1234-5678-9012")
    row = Code.objects.get()
    assert row.topup == topup and secret.get(row) == Secret("SN 1234-5678-9012")
    assert not receiving.keep(attempt, "ANOTHER-ONE-0000")
    assert len(desk.cases("code-second")) == 1 and Code.objects.get(topup=topup) == row
    told = receiving.masked('{"sn":"SN 1234-5678-9012","rc":"00"}', "SN 1234-5678-9012")
    assert "1234" not in told and '"rc":"00"' in told
