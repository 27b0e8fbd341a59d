"""Quotes: everything about a purchase checked and priced, and kept as one row whose price holds until it expires.

Nothing moves here: no promo slot is taken, no payment opened. The token that stands for a quote is its signed id.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.models import User
from core import phones, regions
from core.errors import Refused, Text, invalid
from core.kept import kept
from core.money import Money
from core.web.client import Client
from storefront.catalogue import members
from storefront.catalogue.models import SHOWN_OF_PRODUCT, SHOWN_OF_SKU, Sku, without
from storefront.catalogue.services import Offer, find_offer
from storefront.channels import services as channels
from storefront.channels.models import Channel
from storefront.inquiries.models import Inquiry
from storefront.players import services as players
from storefront.promos import services as promos
from storefront.promos.models import Promo

# Inputs of a purchase that are the buyer's contact, unless the product has an input of that name (DANA: phoneNumber).
CONTACT_KEYS = ("email", "phoneNumber")
_token = signing.Signer(salt="storefront.inquiry", sep=".")


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody wants to buy. `data` holds the product's inputs by key; contact keys in it that are none of the
    product's inputs are passed over. `region_code` "" leaves the region to the rules of `region_of`."""

    product_code: str
    sku_code: str
    payment_code: str
    email: str = ""
    phone: str = ""
    quantity: int = 1
    promo_code: str = ""
    region_code: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def quote(ask: Ask, client: Client, user: User | None, language: str, now: datetime) -> Inquiry:
    """The row that holds the quote, with product, sku, channel, region and promo at hand.

    Raises Refused with the code of whatever stands in the way, nothing written: INVALID_REGION, NOT_FOUND,
    SKU_UNAVAILABLE, VALIDATION_ERROR, INVALID_PAYMENT_METHOD, UNAUTHORIZED (balance without sign-in),
    INCONSISTENT_PROVIDER, ACCOUNT_NOT_FOUND, CHECK_UNAVAILABLE, PROMO_*, AMOUNT_TOO_LOW, AMOUNT_TOO_HIGH.
    """
    region_code = region_of(ask, user)
    offer = find_offer(ask.product_code, ask.sku_code, region_code, now, language, is_fresh=False)
    email, phone, values = _read(ask, offer)
    channel = _channel(ask.payment_code, region_code, user, language, now)
    if not channels.reaches(channel, phone):
        text = _("%(channel)s asks you on your phone: enter the number it knows you by.")
        raise invalid({"phoneNumber": text % {"channel": channel.name}})
    players.check_operator(offer.product, values, region_code)
    checked = players.check(offer.product, values, check_game=offer.check_game, region_code=region_code)

    unit = unit_price(offer, user)
    subtotal = unit * ask.quantity
    found = promos.find(ask.promo_code) if ask.promo_code else None
    discount = Money(0, subtotal.currency)
    if found is not None:
        discount = promos.check(found, _use(ask, offer, channel, subtotal, values, client, user), now)
    fee = channels.fee(channel, subtotal)
    total = subtotal - discount + fee
    channels.check_limits(channel, total)

    inquiry = Inquiry(
        user=user,
        region=offer.region,
        product=offer.product,
        sku=offer.sku,
        channel=channel,
        promo=found.promo if found else None,
        fields=values,
        nickname=checked.nickname,
        account_region=checked.region,
        quantity=ask.quantity,
        currency=subtotal.currency,
        unit_price_minor=unit.minor,
        list_price_minor=offer.list_price.minor,
        subtotal_minor=subtotal.minor,
        discount_minor=discount.minor,
        fee_minor=fee.minor,
        total_minor=total.minor,
        email=email,
        phone=phone,
        language=language,
        owner=client.owner_key,
        device=client.device_key,
        address=client.address_key,
        created_at=now,
        expires_at=now + timedelta(seconds=settings.VALIDATION_TOKEN_SECONDS),
    )
    inquiry.save(force_insert=True)
    return inquiry


@dataclass(frozen=True, slots=True)
class PromoTried:
    """What a promo would take off: `original` is the subtotal without fee, `final` what is left of it."""

    promo: Promo
    original: Money
    discount: Money

    @property
    def final(self) -> Money:
        return self.original - self.discount


def try_promo(ask: Ask, client: Client, user: User | None, language: str, now: datetime) -> PromoTried:
    """What `ask.promo_code` would take off, nothing written and no slot taken.

    Asked before the form is complete: without a payment code any channel is assumed to fit, and as long as the
    account is not complete, uses per account are not counted. Raises INVALID_REGION, NOT_FOUND, SKU_UNAVAILABLE,
    VALIDATION_ERROR (quantity), INVALID_PAYMENT_METHOD, PROMO_*.
    """
    offer = find_offer(ask.product_code, ask.sku_code, region_of(ask, user), now, language, is_fresh=False)
    _check_quantity(ask, offer)
    channel = channels.find_channel(ask.payment_code, offer.region.code) if ask.payment_code else None
    values: list[players.Value] = []
    # A wrong input is told when the account is checked; here it only means that there is no account yet.
    with contextlib.suppress(Refused):
        values = players.read_fields(list(offer.product.fields.all()), ask.data, offer.region, lenient=True)
    subtotal = unit_price(offer, user) * ask.quantity
    found = promos.find(ask.promo_code)
    discount = promos.check(found, _use(ask, offer, channel, subtotal, values, client, user), now)
    return PromoTried(found.promo, subtotal, discount)


def _use(
    ask: Ask,
    offer: Offer,
    channel: Channel | None,
    subtotal: Money,
    values: list[players.Value],
    client: Client,
    user: User | None,
) -> promos.Use:
    return promo_use(
        offer, channel, subtotal, values, quantity=ask.quantity, device=client.device_key,
        address=client.address_key, level=user.level if user else "",
    )  # fmt: skip


def promo_use(
    offer: Offer,
    channel: Channel | None,
    subtotal: Money,
    values: list[players.Value],
    *,
    quantity: int,
    device: str,
    address: str,
    level: str,
) -> promos.Use:
    """What a promo is tried on, of a quote and of a simulation of one alike."""
    return promos.Use(
        product_id=offer.product.pk,
        channel_id=channel.pk if channel else None,
        region_code=offer.region.code,
        list_total=offer.list_price * quantity,
        subtotal=subtotal,
        target=promos.target_of(offer.product.pk, values) if values else "",
        device=device,
        address=address,
        level=level,
    )


def region_of(ask: Ask, user: User | None) -> str:
    """Where the sale takes place (decisions, Region): as asked, else the only region of the channel, else the member's
    current one, else the default. Raises INVALID_REGION."""
    if ask.region_code:
        return regions.named(ask.region_code).code
    only = channels.only_region(ask.payment_code) if ask.payment_code else None
    if only:
        return only
    if user is not None and user.current_region_id:
        return user.current_region_id
    return regions.default().code


def unit_price(offer: Offer, user: User | None) -> Money:
    """What one unit costs this buyer: a member's discount lowers it (decisions, Money)."""
    return level_price(offer, user.level if user else "")


def level_price(offer: Offer, level: str) -> Money:
    """What one unit costs a buyer of that level, "" for a guest."""
    return members.price(offer.unit, members.percent(offer.product.pk, level)) if level else offer.unit


def token_of(inquiry: Inquiry) -> str:
    """The validation token: signed, fit for an address, and saying nothing but the row's id."""
    return _token.sign(inquiry.pk.hex)


def open_token(token: str) -> uuid.UUID:
    """The id of the inquiry that `token` stands for. Raises INVALID_TOKEN for anything we did not sign."""
    try:
        return uuid.UUID(hex=_token.unsign(token))
    except (signing.BadSignature, ValueError) as problem:
        raise invalid_token() from problem


def lock(inquiry_id: uuid.UUID) -> Inquiry:
    """The quote with all that an order copies from it, locked until the caller's transaction ends; one statement.

    Whether an order came of it must be asked in a statement of its own after this one: what is read together with a
    lock may be older than the lock. Raises INVALID_TOKEN where there is no such row (any more).
    """
    inquiry = Inquiry.objects.select_for_update(no_key=True).filter(pk=inquiry_id).first()
    if inquiry is None:
        raise invalid_token()
    _with_names(inquiry)
    return inquiry


def _with_names(inquiry: Inquiry) -> None:
    """Product, SKU, channel and promo stand at the quote, of which an order copies codes and names: as kept, since a
    join of five tables costs PostgreSQL more in planning than all else of an order."""
    sku_id, channel_id, promo_id = inquiry.sku_id, inquiry.channel_id, inquiry.promo_id
    shown = (*without("product", SHOWN_OF_PRODUCT), *SHOWN_OF_SKU)
    if sku := kept(
        ("sku", sku_id), lambda: Sku.objects.select_related("product").defer(*shown).filter(pk=sku_id).first()
    ):
        inquiry.sku, inquiry.product = sku, sku.product
    if channel := kept(("channel", channel_id), lambda: Channel.objects.filter(pk=channel_id).first()):
        inquiry.channel = channel
    if promo_id is not None and (
        promo := kept(("promo", promo_id), lambda: Promo.objects.filter(pk=promo_id).only("code").first())
    ):
        inquiry.promo = promo


def promo_target(inquiry: Inquiry) -> str:
    """What `promos.take` counts the quote's account under."""
    return promos.target_of(inquiry.product_id, inquiry.fields)


def invalid_token() -> Refused:
    return Refused(
        "INVALID_TOKEN",
        _("This confirmation is not valid. Please start the purchase again."),
        details=_("The validation token is not one of ours."),
    )


def _inputs(ask: Ask, offer: Offer) -> dict[str, Any]:
    """The product's inputs: contact keys stay only where the product has an input of that name."""
    known = {field.key for field in offer.product.fields.all()}
    return {key: value for key, value in ask.data.items() if key in known or key not in CONTACT_KEYS}


def _read(ask: Ask, offer: Offer) -> tuple[str, str, list[players.Value]]:
    """(e-mail address, phone in E.164 or "", the product's values). Raises VALIDATION_ERROR naming all that is wrong
    at once, so that a form can show it in one go.

    The address is where the invoice goes, so it is asked for; the phone number only some channels need.
    """
    wrong: dict[str, Text] = {}
    email, phone, values = ask.email.strip(), ask.phone.strip(), []
    try:
        _check_quantity(ask, offer)
    except Refused as problem:
        wrong |= problem.fields
    if not email:
        wrong["email"] = _("Please fill this in.")
    elif not _is_email(email):
        wrong["email"] = _("This is not an e-mail address.")
    try:
        phone = phones.e164(phone, offer.region.code) if phone else ""
    except Refused as problem:
        wrong |= problem.fields
    try:
        values = players.read_fields(list(offer.product.fields.all()), _inputs(ask, offer), offer.region)
    except Refused as problem:
        wrong |= problem.fields
    if wrong:
        raise invalid(wrong)
    return email, phone, values


def _check_quantity(ask: Ask, offer: Offer) -> None:
    if not 1 <= ask.quantity <= offer.most:
        raise invalid({"quantity": _("Choose 1 to %(most)d.") % {"most": offer.most}})


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254


def _channel(code: str, region_code: str, user: User | None, language: str, now: datetime) -> Channel:
    channel = channels.find_channel(code, region_code)
    channels.ensure_open(channel, now, language)
    if channel.kind == Channel.Kind.BALANCE and user is None:
        raise Refused(
            "UNAUTHORIZED",
            _("Sign in to pay from your balance."),
            details=_("A balance belongs to a member."),
        )
    return channel
