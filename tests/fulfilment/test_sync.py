"""`manage.py sync_supplier gemgo`: the catalogue in rows, again and again the same."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from fulfilment.models import SupplierAccount, SupplierProduct

pytestmark = pytest.mark.django_db


def test_the_whole_catalogue_stands_in_rows(sandbox, capsys):
    call_command("sync_supplier", "gemgo")
    product = SupplierProduct.objects.get(code="mlbb_id_172_diamonds")
    assert (product.name, product.cost_minor, product.game_code, product.is_active) == (
        "172 Diamonds",
        264,
        "mlbb_id",
        True,
    )
    assert not SupplierProduct.objects.get(code="mlbb_id_4830_diamonds").is_active
    account = SupplierAccount.objects.get()
    assert account.balance_minor == 1_000_000 and account.counters["total_orders"] == "0"
    before = set(SupplierProduct.objects.values_list("code", "name", "cost_minor", "is_active"))
    call_command("sync_supplier", "gemgo")
    assert set(SupplierProduct.objects.values_list("code", "name", "cost_minor", "is_active")) == before
    assert "0 new, 0 dearer, 0 vanished" in capsys.readouterr().out


def test_prices_follow_and_what_vanished_is_inactive(sandbox):
    call_command("sync_supplier", "gemgo")
    account = SupplierAccount.objects.get()
    SupplierProduct.objects.create(account=account, game_code="mlbb", code="gone", name="Gone", cost_minor=1)
    sandbox._call("PUT", "supplier/products/mlbb_id_172_diamonds", {"sell_price": 3.1})
    call_command("sync_supplier", "gemgo")
    assert SupplierProduct.objects.get(code="mlbb_id_172_diamonds").cost_minor == 310
    assert not SupplierProduct.objects.get(code="gone").is_active


def test_a_proof_of_the_name_lasts_as_long_as_the_name(sandbox):
    call_command("sync_supplier", "gemgo")
    SupplierProduct.objects.filter(code="mlbb_id_172_diamonds").update(name_proved_at=timezone.now())
    SupplierProduct.objects.filter(code="mlbb_id_86_diamonds").update(name_proved_at=timezone.now(), name="Old name")
    call_command("sync_supplier", "gemgo")
    assert SupplierProduct.objects.get(code="mlbb_id_172_diamonds").name_proved_at is not None
    assert SupplierProduct.objects.get(code="mlbb_id_86_diamonds").name_proved_at is None


def test_a_supplier_that_is_away_changes_nothing(sandbox, settings):
    call_command("sync_supplier", "gemgo")
    settings.GEMGO_BASE_URL = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("sync_supplier", "gemgo")
    assert SupplierProduct.objects.filter(is_active=True).count() > 300


def test_an_unknown_supplier_is_named(db):
    with pytest.raises(CommandError, match="no supplier"):
        call_command("sync_supplier", "nobody")
