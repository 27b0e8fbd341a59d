"""Payment gateways: one adapter per party behind one small protocol (base.Gateway)."""

from payments.gateways.base import Gateway
from payments.gateways.xendit import Xendit

_GATEWAYS: dict[str, Gateway] = {adapter.code: adapter for adapter in (Xendit(),)}


def for_code(code: str) -> Gateway:
    """The adapter of Channel.gateway / Payment.gateway. Raises KeyError for a gateway that does not exist."""
    return _GATEWAYS[code]
