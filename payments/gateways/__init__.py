"""Payment gateways: one adapter per party behind one small protocol (base.Gateway)."""

from payments.gateways.base import Gateway, Offer
from payments.gateways.hitpay import HitPay
from payments.gateways.midtrans import Midtrans
from payments.gateways.xendit import Xendit

_GATEWAYS: dict[str, Gateway] = {adapter.code: adapter for adapter in (Xendit(), Midtrans(), HitPay())}
CODES = tuple(_GATEWAYS)


def for_code(code: str) -> Gateway:
    """The adapter of Channel.gateway / Payment.gateway. Raises KeyError for a gateway that does not exist."""
    return _GATEWAYS[code]


def offer(gateway: str, country: str, code: str) -> Offer | None:
    """What that gateway has in that country under its own code; None where it has nothing, or does not exist."""
    adapter = _GATEWAYS.get(gateway)
    offers = adapter.offers(country) if adapter else ()
    return next((one for one in offers if one.code == code), None)
