"""QR codes are drawn for valid EMV payloads only (decisions; facts/qris.md)."""

from __future__ import annotations

import io

import pytest
from django.test import Client
from PIL import Image

from payments import qr

Q2 = (
    "00020101021226690017ID.CO.EXAMPLE.WWW011893600899000000000102150000000000000010303UME51440014ID.CO.QRIS.WWW"
    "0215ID10200000000010303UME5204581653033605405448515802ID5914GATE INDONESIA6015JAKARTA SELATAN6105121906236"
    "0525GATE1A11BB97DF88D565309930703A0163048E6C"
)
PROMPTPAY = "00020101021129370016A0000006770101110113006681234567853037645802TH6304823E"
DUITNOW = (
    "00020201021226440014A000000615000101068900530212000000000001520458165303458540525.905802MY5907GATE MY"
    "6012Kuala Lumpur62240520GATE1A11BB97DF88D5656304D04F"
)


def test_the_checksum() -> None:
    assert qr.crc16("123456789") == "29B1"


@pytest.mark.parametrize("payload", [Q2, PROMPTPAY, DUITNOW, Q2[:-4] + "8e6c"])
def test_valid_payloads(payload: str) -> None:
    assert qr.is_payload(payload)


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "https://example.com",
        Q2.replace("44851", "44850"),
        Q2[:-1],
        Q2.lower(),
        Q2 + "0",
        "0002" + qr.crc16("0002"),
        "6304" + qr.crc16("6304"),
        "000201" + "62" + "99" + "6304",
        Q2.replace("GATE INDONESIA", "GATE INDONÉSIA"),
        "0" * 600,
    ],
)
def test_anything_else_is_not_drawn(payload: str) -> None:
    assert not qr.is_payload(payload)
    answer = Client().get("/v2/qr/generate", {"data": payload})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION_ERROR")


def test_it_is_a_png_that_may_be_kept() -> None:
    answer = Client().get("/v2/qr/generate", {"data": Q2})
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert "immutable" in answer["Cache-Control"]
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.size[0] == picture.size[1] >= 240


def test_the_svg_has_no_size_of_its_own() -> None:
    drawn = qr.svg(Q2)
    assert drawn.startswith("<svg") and "viewBox" in drawn and " width=" not in drawn.split(">")[0]
