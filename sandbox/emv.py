"""Merchant-presented QR payloads (EMV TLV with CRC-16/CCITT-FALSE): QRIS and its siblings, for a synthetic merchant."""

import binascii
from collections.abc import Sequence

Field = tuple[str, str]

MERCHANT = "GATE"
_QRIS_ACCOUNT = [("00", "ID.CO.EXAMPLE.WWW"), ("01", "936008990000000001"), ("02", "000000000000001"), ("03", "UME")]
_QRIS_NATIONAL = [("00", "ID.CO.QRIS.WWW"), ("02", "ID1020000000001"), ("03", "UME")]
_GAMES = "5816"  # merchant category code: digital games


class BadPayload(Exception):
    """Not a payload: the text says why."""


def crc16(text: str) -> str:
    """Four upper-case hex digits over all characters, which include the literal `6304`."""
    return f"{binascii.crc_hqx(text.encode(), 0xFFFF):04X}"


def tlv(fields: Sequence[Field]) -> str:
    """Tag, two-digit length, value, for each field."""
    return "".join(f"{tag}{len(value):02d}{value}" for tag, value in fields)


def seal(fields: Sequence[Field]) -> str:
    """The payload with its checksum."""
    text = tlv(fields) + "6304"
    return text + crc16(text)


def parse(payload: str) -> dict[str, str]:
    """The top-level fields. Raises BadPayload when lengths or checksum do not hold."""
    if payload[-8:-4] != "6304" or crc16(payload[:-4]) != payload[-4:].upper():
        raise BadPayload("checksum")
    fields, rest = {}, payload
    while rest:
        if not rest[:4].isdigit() or len(rest) < 4 + int(rest[2:4]):
            raise BadPayload("length")
        end = 4 + int(rest[2:4])
        fields[rest[:2]] = rest[4:end]
        rest = rest[end:]
    return fields


def _told(reference: str) -> str:
    """What fits of it: its end, in which a second attempt for an invoice differs from the first."""
    return reference[-25:]


def qris(amount: str, reference: str, terminal: str = "A01") -> str:
    """A dynamic QRIS over `amount` rupiah; the invoice stands in 62-05."""
    return seal(
        [
            ("00", "01"),
            ("01", "12"),
            ("26", tlv(_QRIS_ACCOUNT)),
            ("51", tlv(_QRIS_NATIONAL)),
            ("52", _GAMES),
            ("53", "360"),
            ("54", amount),
            ("58", "ID"),
            ("59", "GATE INDONESIA"),
            ("60", "JAKARTA SELATAN"),
            ("61", "12190"),
            ("62", tlv([("05", _told(reference)), ("07", terminal)])),
        ]
    )


def promptpay(amount: str, reference: str) -> str:
    """A Thai bill payment; an invoice of 25 characters is split over the two references."""
    account = [("00", "A000000677010112"), ("01", "123456789012345"), ("02", reference[:20])]
    if reference[20:]:
        account.append(("03", reference[20:40]))
    return seal(
        [
            ("00", "01"),
            ("01", "12"),
            ("30", tlv(account)),
            ("53", "764"),
            ("54", amount),
            ("58", "TH"),
            ("59", MERCHANT),
        ]
    )


def qrph(amount: str, reference: str) -> str:
    """A Philippine QR Ph (P2M)."""
    account = [("00", "ph.ppmi.p2m"), ("01", "EXMPPHM1XXX"), ("03", "000000001"), ("05", "000")]
    return seal(
        [
            ("00", "01"),
            ("01", "12"),
            ("28", tlv(account)),
            ("52", _GAMES),
            ("53", "608"),
            ("54", amount),
            ("58", "PH"),
            ("59", "GATE PH"),
            ("60", "Manila"),
            ("62", tlv([("05", _told(reference))])),
        ]
    )


def paynow(amount: str, reference: str, until: str) -> str:
    """A Singapore PayNow to a company number, amount not editable, payable to the end of the day `until` (YYYYMMDD)."""
    account = [("00", "SG.PAYNOW"), ("01", "2"), ("02", "201912345A"), ("03", "0"), ("04", until)]
    return seal(
        [
            ("00", "01"),
            ("01", "12"),
            ("26", tlv(account)),
            ("52", "0000"),
            ("53", "702"),
            ("54", amount),
            ("58", "SG"),
            ("59", "GATE SG"),
            ("60", "Singapore"),
            ("62", tlv([("01", _told(reference))])),
        ]
    )


def duitnow(amount: str, reference: str) -> str:
    """A Malaysian DuitNow QR."""
    account = [("00", "A0000006150001"), ("01", "890053"), ("02", "000000000001")]
    return seal(
        [
            ("00", "02"),
            ("01", "12"),
            ("26", tlv(account)),
            ("52", _GAMES),
            ("53", "458"),
            ("54", amount),
            ("58", "MY"),
            ("59", "GATE MY"),
            ("60", "Kuala Lumpur"),
            ("62", tlv([("05", _told(reference))])),
        ]
    )
