"""From a deposit's quote to a payment that can be made: once per token, however often and at once it is posted."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import Refused, not_found
from payments import opening
from payments.deposits import quoting
from payments.deposits.models import Deposit, DepositInquiry
from payments.models import Payment
from storefront.inquiries.services import invalid_token
from storefront.orders.services import NUMBER_LENGTH, NUMBER_LETTERS, clean_number


def place(token: str, user: User) -> tuple[Deposit, Payment | None]:
    """The one deposit of this token, with a payment open at the gateway if it still waits for money.

    Raises INVALID_TOKEN (also for another member's), TOKEN_EXPIRED; PAYMENT_UNAVAILABLE when the gateway does not
    answer and INVALID_PAYMENT_METHOD when it refuses: the deposit stays PENDING, and the same token tries again.
    """
    inquiry_id = quoting.open_token(token)
    now = timezone.now()
    with transaction.atomic():
        inquiry = (
            DepositInquiry.objects.select_for_update(of=("self",), no_key=True)
            .select_related("channel", "user")
            .filter(pk=inquiry_id, user=user)
            .first()
        )
        if inquiry is None:
            raise invalid_token()
        # In a statement of its own after the lock: what is read together with it may be older.
        deposit = Deposit.objects.select_related("channel", "user").filter(inquiry=inquiry).first()
        claimed = None
        if deposit is None:
            deposit = _create(inquiry, now)
            claimed = opening.new_attempt(deposit, 1, now)
    if claimed is not None:
        return deposit, opening.open_claimed(deposit, claimed)
    return deposit, opening.ensure_open(deposit)


def find(number: str, user: User) -> Deposit:
    """The member's own deposit of that number. Raises NOT_FOUND for another's too."""
    deposit = Deposit.objects.select_related("channel", "user").filter(number=clean_number(number), user=user).first()
    if deposit is None:
        raise not_found()
    return deposit


def new_number() -> str:
    """A fresh invoice number of a deposit: its prefix and 21 letters and digits nobody can guess."""
    return settings.DEPOSIT_PREFIX + "".join(secrets.choice(NUMBER_LETTERS) for _place in range(NUMBER_LENGTH))


def _create(inquiry: DepositInquiry, now: datetime) -> Deposit:
    if inquiry.expires_at <= now:
        raise Refused(
            "TOKEN_EXPIRED",
            _("The price was held for you as long as we could. Please check your deposit again."),
            details=_("The validation token has expired."),
        )
    channel = inquiry.channel
    deposit = Deposit(
        number=new_number(),
        inquiry=inquiry,
        user=inquiry.user,
        region_id=inquiry.region_id,
        channel=channel,
        channel_code=channel.code,
        channel_name=channel.name,
        currency=inquiry.currency,
        amount_minor=inquiry.amount_minor,
        fee_minor=inquiry.fee_minor,
        total_minor=inquiry.amount_minor + inquiry.fee_minor,
        language=inquiry.language,
        created_at=now,
        updated_at=now,
        expires_at=now + timedelta(seconds=settings.PAYMENT_SECONDS or channel.payment_seconds),
    )
    deposit.save(force_insert=True)
    return deposit
