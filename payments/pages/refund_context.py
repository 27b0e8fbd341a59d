"""What pages show of an order's refunds: where each stands, and the steps it took."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from payments.models import Refund
from payments.money_back import links, words
from storefront.pages.shop import Shop

_MOVING = (Refund.State.DUE, Refund.State.SENDING, Refund.State.SENT)


def shown(refund: Refund, *, is_owner: bool) -> dict[str, Any]:
    """The context of payments/fragments/refund.html; the link that claims it for its owner alone."""
    told = words.told(refund, is_owner=is_owner)
    return {
        "headline": told.headline,
        "text": told.text,
        "clock": told.clock,
        "reference": refund.reference,
        "is_done": refund.state == Refund.State.DONE,
        "is_claimable": refund.state == Refund.State.CLAIMABLE,
        "claim_url": links.path(refund) if is_owner and refund.state == Refund.State.CLAIMABLE else "",
    }


def is_moving(states: Iterable[str]) -> bool:
    """Whether a page that shows refunds in these states should look again: one is at its gateway."""
    return any(state in _MOVING for state in states)


def steps_of(refunds: list[Refund], shop: Shop) -> list[tuple[datetime, dict[str, str]]]:
    """Entries of the timeline, with the moments to sort them by."""
    entries = []
    for refund in refunds:
        asked = 0
        for event in refund.events.all():
            asked += event.after == Refund.State.CLAIMABLE
            label = words.step(refund, event.after, is_again=asked > 1)
            entries.append(
                (event.at, {"status": refund.order.status, "label": label, "text": "", "at_text": shop.clock(event.at)})
            )
    return entries
