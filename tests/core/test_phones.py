"""The vectors of facts/accounts-validation.md."""

import pytest

from core.errors import Refused
from core.phones import e164, mask_email, mask_phone, national


@pytest.mark.parametrize(
    ("typed", "region", "stored", "at_home"),
    [
        ("0812345678", "ID", "+62812345678", "0812345678"),
        ("62812345678", "ID", "+62812345678", "0812345678"),
        ("812345678", "ID", "+62812345678", "0812345678"),
        ("+62 0812345678", "ID", "+62812345678", "0812345678"),
        ("0062812345678", "ID", "+62812345678", "0812345678"),
        ("0851 5599 123", "ID", "+628515599123", "08515599123"),
        ("+6285155123456", "ID", "+6285155123456", "085155123456"),
        ("0812-3456-7890", "ID", "+6281234567890", "081234567890"),
        ("0123456789", "MY", "+60123456789", "0123456789"),
        ("01112345678", "MY", "+601112345678", "01112345678"),
        ("09051234567", "PH", "+639051234567", "09051234567"),
        ("81234567", "SG", "+6581234567", "81234567"),
        ("0812345678", "TH", "+66812345678", "0812345678"),
        ("+6581234567", "ID", "+6581234567", "81234567"),
    ],
)
def test_one_number_has_one_form(typed: str, region: str, stored: str, at_home: str) -> None:
    assert e164(typed, region) == stored
    assert national(stored) == at_home


@pytest.mark.parametrize(
    ("typed", "region"),
    [
        ("", "ID"),
        ("081", "ID"),
        ("081234567", "SG"),
        ("not a number", "ID"),
        ("0812abc5678", "ID"),
        ("8" * 60, "ID"),
        ("+", "ID"),
    ],
)
def test_what_cannot_be_a_number_is_refused_by_name(typed: str, region: str) -> None:
    with pytest.raises(Refused) as refused:
        e164(typed, region, field="contactPhone")
    assert refused.value.code == "VALIDATION_ERROR"
    assert list(refused.value.fields) == ["contactPhone"]


def test_masks_keep_what_the_owner_knows_again_and_no_more() -> None:
    assert mask_phone("+6281234567890") == "+62812******90"
    assert mask_phone("+6581234567") == "+65812***67"
    assert mask_phone("081234") == "******"
    assert mask_email("customer@example.com") == "c*****@example.com"
    assert mask_email("a@b.id") == "a*****@b.id"
    assert mask_email("nonsense") == "*****"
