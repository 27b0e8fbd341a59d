"""What the invoice shows of the promise: until when, why not yet, and where its owner does something about it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from fulfilment.problems.models import ProblemReport
from fulfilment.standing import Standing
from storefront.orders.models import Order
from storefront.pages.shop import Shop


def promise(order: Order, seen: Standing, shop: Shop, base: str, suffix: str, *, is_owner: bool) -> dict[str, Any]:
    """The context `invoice.promise` of templates/fulfilment/promise.html; links for the owner alone."""
    until = shop.clock(seen.until)
    if seen.held_until is not None:
        told = _("We keep it for you until %(time)s; then the money goes back by itself.")
        clock = told % {"time": shop.clock(seen.held_until)}
    elif seen.is_over:
        clock = _("It was promised by %(time)s.") % {"time": until}
    else:
        clock = _("Promised by %(time)s. If it is not there by then, you may cancel as long as nothing was sent.")
        clock %= {"time": until}
    return {
        "reason": seen.reason,
        "is_over": seen.is_over,
        "clock": clock,
        "status_url": shop.url("status") if seen.is_stuck else "",
        "cancel_url": f"{base}/cancel{suffix}" if is_owner and seen.may_cancel else "",
        "correct_url": f"{base}/account{suffix}" if is_owner and seen.may_correct else "",
    }


def problems(order: Order, base: str, suffix: str) -> dict[str, Any]:
    """The context `invoice.problems` for the order's owner: where problems are reported, and how the reports stand."""
    states = list(order.problems.values_list("state", flat=True))
    if ProblemReport.State.OPEN in states:
        text = _("We have your report and answer within one working day")
    elif states:
        text = _("Read our answer to your report")
    else:
        text = _("Report a problem")
    return {"url": f"{base}/problem{suffix}", "text": text, "is_answered": bool(states) and "OPEN" not in states}
