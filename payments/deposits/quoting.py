"""What a deposit would cost, kept as one row whose price holds until it expires (API §42). Nothing moves here."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import Refused, invalid
from core.models import Region
from core.money import Money
from payments import opening
from payments.deposits.models import DepositInquiry
from storefront.channels import services as channels
from storefront.channels.models import Channel
from storefront.inquiries.services import invalid_token

_token = signing.Signer(salt="payments.deposit", sep=".")


def quote(user: User, region: Region, code: str, amount: Money, language: str, now: datetime) -> DepositInquiry:
    """The row that holds the quote, with its channel at hand.

    Raises VALIDATION_ERROR, INVALID_PAYMENT_METHOD (the balance, too, is no way to fill itself), AMOUNT_TOO_LOW and
    AMOUNT_TOO_HIGH by the amount without the fee (decisions, Money).
    """
    if amount.minor <= 0:
        raise invalid({"amount": _("Enter an amount above zero.")})
    channel = channels.find_channel(code, region.code, "deposit")
    if channel.kind == Channel.Kind.BALANCE:
        raise Refused("INVALID_PAYMENT_METHOD", _("This way to pay is not offered here. Please choose another one."))
    channels.ensure_open(channel, now, language)
    if not channels.reaches(channel, user.phone or ""):
        raise opening.phone_needed(channel.name)
    _check_limits(channel, amount)
    inquiry = DepositInquiry(
        user=user,
        region=region,
        channel=channel,
        currency=amount.currency,
        amount_minor=amount.minor,
        fee_minor=channels.fee(channel, amount).minor,
        language=language,
        created_at=now,
        expires_at=now + timedelta(seconds=settings.VALIDATION_TOKEN_SECONDS),
    )
    inquiry.save(force_insert=True)
    return inquiry


def _check_limits(channel: Channel, amount: Money) -> None:
    least, most = Money(channel.min_minor, amount.currency), Money(channel.max_minor, amount.currency)
    if amount < least:
        raise Refused(
            "AMOUNT_TOO_LOW",
            _("The deposit is too small."),
            details=_("The smallest deposit by %(channel)s is %(amount)s.")
            % {"channel": channel.name, "amount": least},
        )
    if most < amount:
        raise Refused(
            "AMOUNT_TOO_HIGH",
            _("The deposit is too large."),
            details=_("The largest deposit by %(channel)s is %(amount)s.") % {"channel": channel.name, "amount": most},
        )


def token_of(inquiry: DepositInquiry) -> str:
    """The validation token: signed, and saying nothing but the row's id."""
    return _token.sign(inquiry.pk.hex)


def open_token(token: str) -> uuid.UUID:
    """The id of the inquiry that `token` stands for. Raises INVALID_TOKEN for anything we did not sign."""
    try:
        return uuid.UUID(hex=_token.unsign(token))
    except (signing.BadSignature, ValueError) as problem:
        raise invalid_token() from problem
