"""How a price came about, line by line, in the reader's language: the steps that working.py kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from core.money import Money

_LEVELS = {"PRESTIGE": "Prestige", "ROYAL": "Royal"}


def written(steps: Iterable[dict[str, Any]], currency: str) -> list[tuple[str, str]]:
    """(what is done, what it comes to) of each step; the second is empty where a step only says something."""
    return [_TOLD[step["step"]](step, currency) for step in steps if step.get("step") in _TOLD]


def _money(minor: Any, currency: str) -> str:
    return "–" if minor is None else str(Money(int(minor), currency))


def _who(level: str) -> str:
    return _("a member of %(level)s") % {"level": _LEVELS[level]} if level in _LEVELS else _("a guest")


def _cost(step: dict[str, Any], currency: str) -> tuple[str, str]:
    what = {"supplier": step["supplier"], "product": step["product"], "price": step["price"], "times": step["times"]}
    text = _("%(supplier)s takes %(price)s for %(product)s")
    if step["times"] > 1:
        text = _("%(supplier)s takes %(price)s for %(product)s, %(times)d times")
    return text % what, _money(step["amount"], currency)


def _rate(step: dict[str, Any], currency: str) -> tuple[str, str]:
    since = timezone.localtime(datetime.fromisoformat(step["since"]))
    text = _("1 %(from)s is %(rate)s %(to)s, entered %(since)s")
    return text % (step | {"since": formats.date_format(since, "SHORT_DATETIME_FORMAT")}), ""


def _pieces(step: dict[str, Any], currency: str) -> tuple[str, str]:
    return _("All pieces together, cheaper than the whole"), _money(step["amount"], currency)


def _dearer_first(step: dict[str, Any], currency: str) -> tuple[str, str]:
    text = _("But %(supplier)s (%(product)s) is asked first by its priority, and takes more") % step
    return text, _money(step["amount"], currency)


def _margin(step: dict[str, Any], currency: str) -> tuple[str, str]:
    told = {"rule": step["rule"], "percent": step["percent"], "flat": _money(step["flat"], currency)}
    text = _("Rule “%(rule)s”: %(percent)s %% of the cost and %(flat)s on top")
    if not step["flat"]:
        text = _("Rule “%(rule)s”: %(percent)s %% of the cost on top")
    return text % told, _money(step["amount"], currency)


def _floor(step: dict[str, Any], currency: str) -> tuple[str, str]:
    text = _("Raised to the floor, so that %(who)s leaves us the cost (%(cost)s) after: %(off)s")
    taken = []
    if step["off"] != "0":
        taken.append(_("discount of %(percent)s %%") % {"percent": step["off"]})
    if step["promo"]:
        taken.append(
            _("promo %(code)s, up to %(amount)s") % {"code": step["code"], "amount": _money(step["promo"], currency)}
        )
    if step["fee"]:
        told = {"channel": step["channel"], "amount": _money(step["fee"], currency)}
        taken.append(_("fee of %(channel)s, %(amount)s") % told)
    told = {"who": _who(step["level"]), "cost": _money(step["cost"], currency), "off": "; ".join(taken) or "–"}
    return text % told, ""


def _level(step: dict[str, Any], currency: str) -> tuple[str, str]:
    text = _("Raised, so that %(who)s (%(off)s %% less) pays what rule “%(rule)s” asks")
    told = {"who": _who(step["level"]), "off": step["off"], "rule": step["rule"]}
    return text % told, _money(step["wanted"], currency)


def _most_cost(step: dict[str, Any], currency: str) -> tuple[str, str]:
    return _("Raised, so that the cost is within %(percent)s %% of the price (MOST_COST_PERCENT)") % step, ""


def _ending(step: dict[str, Any], currency: str) -> tuple[str, str]:
    told = {"every": _money(step["every"], currency), "ending": _money(step["ending"], currency)}
    text = _("Rounded up: a price every %(every)s, ending in %(ending)s") % told
    return text if step["every"] > 1 else _("Rounded up"), _money(step["amount"], currency)


def _left(step: dict[str, Any], currency: str) -> tuple[str, str]:
    told = {"who": _who(step["level"]), "price": _money(step["price"], currency), "code": step["code"]}
    text = _("At worst %(who)s pays %(price)s; after promo and fee it leaves us")
    if not step["promo"]:
        text = _("At worst %(who)s pays %(price)s; after the fee it leaves us")
    elif not step["is_borne"]:
        text = _("At worst %(who)s pays %(price)s; with promo %(code)s, at the shop's own expense, it leaves us")
    return text % told, _money(step["left"], currency)


def _jump(step: dict[str, Any], currency: str) -> tuple[str, str]:
    return _("It moves by %(moves)s %%, more than the rule's %(most)s %%: somebody has to tick it") % step, ""


_TOLD = {
    "cost": _cost,
    "rate": _rate,
    "pieces": _pieces,
    "dearer_first": _dearer_first,
    "margin": _margin,
    "floor": _floor,
    "level": _level,
    "most_cost": _most_cost,
    "ending": _ending,
    "left": _left,
    "jump": _jump,
}
