"""QR payloads against vectors that were computed by another program."""

import pytest

from sandbox import emv

INVOICE = "GATE1A11BB97DF88D56530993"
QRIS = (
    "00020101021226690017ID.CO.EXAMPLE.WWW011893600899000000000102150000000000000010303UME51440014ID.CO.QRIS.WWW"
    "0215ID10200000000010303UME5204581653033605405448515802ID5914GATE INDONESIA6015JAKARTA SELATAN6105121906236"
    "0525GATE1A11BB97DF88D565309930703A0163048E6C"
)


def test_the_checksum_is_the_published_one():
    assert emv.crc16("123456789") == "29B1"


@pytest.mark.parametrize(
    ("payload", "checksum"),
    [
        (emv.qris("44851", INVOICE), "8E6C"),
        (emv.qris("100700", "DEP5E55FF11IJ22H90974337"), "35D3"),
        (emv.promptpay("200.00", INVOICE), "BFE8"),
        (emv.qrph("150.25", INVOICE), "277B"),
        (emv.paynow("12.34", INVOICE, "20301231"), "B99C"),
        (emv.duitnow("25.90", INVOICE[:20]), "D04F"),
    ],
)
def test_payloads_end_in_the_vectors_checksums(payload: str, checksum: str):
    assert payload.endswith("6304" + checksum)
    assert emv.parse(payload)["63"] == checksum


def test_a_qris_is_the_vector_to_the_last_character():
    assert emv.qris("44851", INVOICE) == QRIS
    assert emv.parse(QRIS)["54"] == "44851"


def test_a_second_attempt_for_an_invoice_has_a_code_of_its_own():
    again = emv.qris("44851", INVOICE + "-2")
    assert again != QRIS and emv.parse(again)["62"].startswith("0525") and "530993-2" in again


@pytest.mark.parametrize(
    "broken",
    [
        QRIS.replace("540544851", "540544850"),
        QRIS.lower(),
        QRIS[:-1],
        QRIS.replace("5914", "5915"),
    ],
)
def test_a_changed_payload_is_not_believed(broken: str):
    with pytest.raises(emv.BadPayload):
        emv.parse(broken)


def test_any_one_character_changed_is_noticed():
    for place in range(len(QRIS)):
        other = "X" if QRIS[place] != "X" else "Y"
        with pytest.raises(emv.BadPayload):
            emv.parse(QRIS[:place] + other + QRIS[place + 1 :])
