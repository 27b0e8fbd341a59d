"""Phone numbers: stored as E.164, shown as people there write them, masked in logs and for strangers."""

from __future__ import annotations

import phonenumbers
from django.utils.translation import gettext_lazy as _
from phonenumbers import NumberParseException, PhoneNumberFormat

from core.errors import invalid


def e164(text: str, region_code: str, *, field: str = "phoneNumber") -> str:
    """`text` as typed in `region_code` ("0812 3456 78", "+62812…", "0062…", "812…") in E.164.

    Raises VALIDATION_ERROR on `field` where no such number can exist. That an operator has it is another matter.
    """
    number = _parsed(text, region_code)
    if number is None or not phonenumbers.is_valid_number(number):
        raise invalid({field: _("This is not a phone number we know.")})
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def _parsed(text: str, region_code: str) -> phonenumbers.PhoneNumber | None:
    digits = text.strip()
    if len(digits) > 40 or not any(letter.isdigit() for letter in digits) or any(c.isalpha() for c in digits):
        return None
    if digits.startswith("00"):  # the library does not know this way to dial out (facts/accounts-validation)
        digits = "+" + digits[2:]
    try:
        number = phonenumbers.parse(digits, region_code)
        # "62812…": with the country's code but without the plus. Short ones would pass for a landline there.
        if digits.startswith(str(number.country_code)):
            abroad = phonenumbers.parse("+" + digits)
            if phonenumbers.is_valid_number(abroad):
                return abroad
    except NumberParseException:
        return None
    return number


def national(number: str) -> str:
    """An E.164 number as it is dialled at home, digits only: +62812345678 -> 0812345678, +6581234567 -> 81234567."""
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException:
        return number
    text = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    return "".join(letter for letter in text if letter.isdigit())


def mask_phone(number: str) -> str:
    """Country code, three digits and the last two: +62812****78. Anything shorter is hidden whole."""
    try:
        code = str(phonenumbers.parse(number).country_code)
    except NumberParseException:
        return "*" * min(len(number), 8)
    rest = number.removeprefix("+").removeprefix(code)
    if len(rest) < 7:
        return f"+{code}{'*' * len(rest)}"
    return f"+{code}{rest[:3]}{'*' * (len(rest) - 5)}{rest[-2:]}"


def mask_email(address: str) -> str:
    """First letter and domain: c*******@example.com; the number of stars says nothing of the length."""
    name, at, domain = address.rpartition("@")
    return f"{name[:1]}*****{at}{domain}" if at and name else "*****"


def example(region_code: str) -> str:
    """A mobile number of that region as people there write it after the country's prefix; "" where none is known."""
    number = phonenumbers.example_number_for_type(region_code, phonenumbers.PhoneNumberType.MOBILE)
    if number is None:
        return ""
    return str(phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)).partition(" ")[2]
