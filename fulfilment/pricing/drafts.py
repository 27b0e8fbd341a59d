"""Drafts of prices: made, ticked, published exactly as shown or not at all, undone (docs/pricing.md).

Publishing works the lines out again under the locks of their prices: what differs from the draft has moved since, and
nothing is published. So two who publish at once publish once, and no price is made of yesterday's cost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import audit, cases
from core.approvals import kinds, limits
from core.approvals import services as approvals
from core.approvals.models import Approval
from core.errors import Refused
from core.sheets.comparing import is_jump
from fulfilment.pricing import closing
from fulfilment.pricing.models import PriceDraft, PriceLine
from fulfilment.pricing.working import Table, Worked, work_out_all
from storefront.catalogue import mass_prices
from storefront.catalogue.models import SkuPrice
from storefront.catalogue.services import NewPrice, set_prices

State, Cause, Guard, Choice = PriceDraft.State, PriceDraft.Cause, PriceLine.Guard, PriceLine.Choice
ITSELF = "prices"  # who publishes where nobody was asked
CASE, RATE_CASE = "price-draft", "price-rate"
KIND, PERCENT = mass_prices.KIND, "PERCENT"  # what a second person approves; its limit on how far one price moves
_KEPT = timedelta(days=30)  # drafts that were never published


def make(by: str, now: datetime | None = None) -> PriceDraft:
    """A new open draft of all prices, in place of the one that was open; ticks stay where their line is the same.

    Raises VALIDATION_ERROR where there is no rule to compute by, or somebody makes one at this moment.
    """
    table = work_out_all(now or timezone.now())
    if not table.lines:
        raise Refused("VALIDATION_ERROR", _("There is no active margin rule that fits any price. Add one first."))
    try:
        return _store(table, table.lines, Cause.HAND, by)
    except IntegrityError as problem:
        raise _at_this_moment() from problem


def reprice(now: datetime | None = None) -> PriceDraft | None:
    """Where costs, rates or rules have moved since the newest draft there is a new one, and staff are told; what a rule
    publishes by itself is published, as far as nothing stops it. None where nothing moved, or nothing changes by it.
    """
    moment = now or timezone.now()
    table = work_out_all(moment)
    _tell_of_rates(table)
    if _publish_itself(table, moment):
        table = work_out_all(moment)
    newest = PriceDraft.objects.exclude(cause=Cause.ITSELF).first()
    if newest is not None and newest.digest == _digest(table.lines):
        return None
    if not any(line.is_change and line.guard in ("", Guard.JUMP) for line in table.lines):
        _drop_open("prices are as they would be computed")
        return None
    try:
        return _store(table, table.lines, Cause.MOVED, ITSELF)
    except IntegrityError:
        return None  # somebody makes one at this moment


def choose(line_ids: Iterable[int], choice: str, *, by: str) -> int:
    """Lines of an open draft that move too far are allowed, or any lines are left out (or neither); how many."""
    with transaction.atomic():
        # Under the lock that publishing takes: what somebody leaves out at that moment is left out, or it is too late.
        open_draft = PriceDraft.objects.select_for_update(no_key=True).filter(state=State.DRAFT).first()
        mine = PriceLine.objects.filter(pk__in=line_ids, draft=open_draft).exclude(choice=choice)
        if choice == Choice.ALLOWED:
            mine = mine.filter(guard=Guard.JUMP)
        changed = list(mine.select_related("sku"))
        PriceLine.objects.filter(pk__in=[line.pk for line in changed]).update(choice=choice, chosen_by=by)
        for line in changed:
            after = {"choice": choice, "draft": line.draft_id, "moves_percent": str(line.moves_percent)}
            subject = f"{line.sku.code} {line.region_id}"
            audit.record(by, "price ticked", subject, before={"choice": line.choice}, after=after)
    return len(changed)


def to_publish(draft: PriceDraft) -> list[PriceLine]:
    """The lines that publishing would apply: changes that nothing stops or somebody allowed, and nobody left out."""
    lines = draft.lines.filter(new_minor__isnull=False, guard__in=("", Guard.JUMP)).exclude(choice=Choice.LEFT)
    return [line for line in lines if line.is_change and (not line.guard or line.choice == Choice.ALLOWED)]


def far(lines: Sequence[PriceLine]) -> list[PriceLine]:
    """Those of the lines that move by more percent than one person may publish alone."""
    alone = limits.of(KIND).get(PERCENT)
    return [line for line in lines if alone is None or line.moves_percent > alone]


def publish(draft: PriceDraft, *, by: str, why: str = "") -> PriceDraft:
    """The draft's lines (`to_publish`) are the shop's prices, all in one transaction; or it waits for a second person,
    where one of them moves too `far` for one, or they are more than one sets alone within a day (mass_prices).

    Raises VALIDATION_ERROR, nothing changed, where the draft is not open any more, would change nothing, or where a
    cost, rate, rule or price has moved since.
    """
    with transaction.atomic():
        mine = _locked(draft, State.DRAFT)
        lines = to_publish(mine)
        if not lines:
            raise Refused("VALIDATION_ERROR", _("This draft changes nothing. Tick what may move further, if anything."))
        mine.published_by, mine.why = by, why[:500]
        jumps = sum(is_jump(line.old_minor, line.new_minor or 0) for line in lines)
        beyond = far(lines)
        if beyond or not mass_prices.may_alone(by, len(lines), jumps):
            return _ask_second_person(mine, lines, beyond)
        _apply(mine, lines)
        mass_prices.set_alone(by, len(lines), jumps)
    return mine


def register_kind() -> None:
    """Many prices, or such as move far, can be approved by a second person. The limits hold for files, too."""
    kinds.register(
        kinds.Kind(
            KIND,
            gettext_lazy("Mass price changes"),
            "fulfilment.publish_prices",
            carry_out=_approved,
            give_up=_given_up,
            limits=lambda: {PERCENT: settings.PRICE_SECOND_PERSON_PERCENT, **mass_prices.DEFAULTS},
        )
    )


def _approved(approval: Approval, by: str, note: str) -> str:
    """The second person has said yes: the draft is published as `publish` does, or refused for the same reasons."""
    mine = _locked(PriceDraft(pk=approval.payload["draft"]), State.WAITING)
    lines = to_publish(mine)
    mine.approved_by = by
    _apply(mine, lines)
    return f"{len(lines)} prices published"


def _given_up(approval: Approval, by: str, why: str) -> None:
    mine = PriceDraft.objects.select_for_update(no_key=True).get(pk=approval.payload["draft"])
    if mine.state == State.WAITING:
        _end(mine, State.DROPPED, f"not approved: {why}")


def drop(draft: PriceDraft, *, by: str, why: str = "") -> None:
    """The open draft is over, nothing of it published. Raises VALIDATION_ERROR where it is not open."""
    with transaction.atomic():
        mine = _locked(draft, State.DRAFT)
        _end(mine, State.DROPPED, f"dropped by {by}: {why}")
        audit.record(by, "prices dropped", f"prices:{mine.pk}", why=why)


def undo(draft: PriceDraft, *, by: str, why: str = "") -> tuple[int, int]:
    """Prices are what they were before the draft was published; (how many, how many others have moved since and stay).

    A rule that publishes itself would bring them back at once: such prices are fixed by hand from then on. Raises
    VALIDATION_ERROR where the draft is not published, or none of its prices still stands.
    """
    with transaction.atomic():
        mine = _locked(draft, State.PUBLISHED)
        lines = list(mine.lines.filter(is_applied=True).select_related("rule"))
        rows = _lock_prices(lines)
        standing = [line for line in lines if (row := rows.get(_place(line))) and row.price_minor == line.new_minor]
        if not standing:
            raise Refused("VALIDATION_ERROR", _("All of these prices have changed again since: there is nothing left."))
        set_prices([_price(line, line.old_minor, line.old_original_minor) for line in standing], by=by, why=why)
        willful = [line for line in standing if line.rule is not None and line.rule.publishes_itself]
        SkuPrice.objects.filter(pk__in=[rows[_place(line)].pk for line in willful]).update(is_fixed=True)
        mine.state, mine.undone_at, mine.undone_by = State.UNDONE, timezone.now(), by
        mine.save(update_fields=["state", "undone_at", "undone_by"])
        after = {"restored": len(standing), "moved since": len(lines) - len(standing), "fixed": len(willful)}
        audit.record(by, "prices undone", f"prices:{mine.pk}", after=after, why=why)
        closing.review()
    return len(standing), len(lines) - len(standing)


def forget_old(now: datetime | None = None) -> int:
    """Drafts of more than a month ago that were never published are forgotten; how many."""
    old = PriceDraft.objects.filter(state=State.DROPPED, made_at__lt=(now or timezone.now()) - _KEPT)
    ids = list(old.values_list("pk", flat=True)[:100])
    PriceDraft.objects.filter(pk__in=ids).delete()
    return len(ids)


def _locked(draft: PriceDraft, *states: str) -> PriceDraft:
    mine = PriceDraft.objects.select_for_update(no_key=True).get(pk=draft.pk)
    if mine.state not in states:
        raise Refused(
            "VALIDATION_ERROR",
            _("This draft is %(state)s already. Look at the newest one.") % {"state": mine.get_state_display()},
        )
    return mine


def _apply(draft: PriceDraft, lines: Sequence[PriceLine]) -> None:
    """Prices, lines and draft stand as published. Raises VALIDATION_ERROR where a line would come out otherwise now."""
    _lock_prices(lines)
    places = {_place(line) for line in lines}
    now = timezone.now()
    fresh = work_out_all(now, lambda row: (row.sku_id, row.region_id) in places)
    same = {worked.key for worked in fresh.lines}
    moved = [line for line in lines if _key(line) not in same]
    if moved:
        names = ", ".join(f"{line.sku.code} {line.region_id}" for line in moved[:5])
        raise Refused(
            "VALIDATION_ERROR",
            _("Costs, rates, rules or prices have moved since this draft was made: %(names)s. Make a new one.")
            % {"names": names + (" …" if len(moved) > 5 else "")},
        )
    new = [_price(line, line.new_minor or 0, line.new_original_minor or 0) for line in lines]
    set_prices(new, by=draft.published_by, why=draft.why or f"draft {draft.pk}")
    PriceLine.objects.filter(pk__in=[line.pk for line in lines]).update(is_applied=True)
    draft.published_at = now
    draft.save(update_fields=["published_at", "published_by", "approved_by", "why"])
    _end(draft, State.PUBLISHED, f"published by {draft.published_by}")
    after = {"prices": len(lines), "approved by": draft.approved_by}
    audit.record(draft.published_by, "prices published", f"prices:{draft.pk}", after=after, why=draft.why)
    closing.review(now)


def _ask_second_person(draft: PriceDraft, lines: Sequence[PriceLine], beyond: Sequence[PriceLine]) -> PriceDraft:
    draft.state = State.WAITING
    draft.save(update_fields=["state", "published_by", "why"])
    furthest = max(line.moves_percent for line in lines)
    approvals.ask(
        KIND,
        f"{KIND}:{draft.pk}",
        subject=f"fulfilment.pricedraft:{draft.pk}",
        title=f"Publish {len(lines)} prices, {len(beyond)} of them far from what they were (up to {furthest} %)",
        by=draft.published_by,
        why=draft.why,
        payload={"draft": draft.pk, "prices": len(lines), "far": len(beyond), "furthest_percent": str(furthest)},
    )
    return draft


def _end(draft: PriceDraft, state: str, why: str) -> None:
    draft.state = state
    draft.save(update_fields=["state"])
    cases.close(CASE, draft.pk, why)


@transaction.atomic
def _drop_open(why: str) -> dict[tuple[Any, ...], tuple[str, str]]:
    """No draft is open any more; (choice, by whom) of the lines that were ticked in it, also at the last moment."""
    ticked: dict[tuple[Any, ...], tuple[str, str]] = {}
    for draft in PriceDraft.objects.select_for_update(no_key=True).filter(state=State.DRAFT):
        ticked |= {_key(line): (line.choice, line.chosen_by) for line in draft.lines.exclude(choice="")}
        _end(draft, State.DROPPED, why)
    return ticked


def _store(table: Table, lines: Sequence[Worked], cause: str, by: str, state: str = State.DRAFT) -> PriceDraft:
    with transaction.atomic():
        kept = _drop_open("a newer draft took its place") if state == State.DRAFT else {}
        draft = PriceDraft.objects.create(
            cause=cause,
            state=state,
            digest=_digest(lines),
            rates=table.rates,
            changes=sum(line.is_change and not line.guard for line in lines),
            stopped=sum(bool(line.guard) for line in lines),
            made_by=by,
        )
        PriceLine.objects.bulk_create([_line(draft, one, *kept.get(one.key, ("", ""))) for one in lines], 500)
        if cause == Cause.MOVED:
            cases.open_case(
                CASE,
                f"{CASE}:{draft.pk}",
                f"New prices wait: {draft.changes} change, {draft.stopped} are stopped",
                evidence={"draft": draft.pk, "rates": table.rates},
                actions="Look through it under Drafts of prices, tick what is right, and publish it.",
            )
    return draft


def _publish_itself(table: Table, now: datetime) -> bool:
    """Lines of rules that publish themselves are published as a draft of their own; whether there was any. None of
    them moves further than one person may: else the rule's own wide jump guard would be the way around the second."""
    alone = limits.of(KIND).get(PERCENT)
    changes = [line for line in table.lines if line.rule.publishes_itself and line.is_change and not line.guard]
    mine = [line for line in changes if alone is not None and line.moves <= alone]
    if not mine:
        return False
    try:
        with transaction.atomic():
            draft = _store(table, mine, Cause.ITSELF, ITSELF, State.WAITING)
            draft.published_by = ITSELF
            _apply(draft, list(draft.lines.select_related("sku")))
    except Refused:
        return False  # something moved at this very moment: the next look finds it
    return True


def _tell_of_rates(table: Table) -> None:
    """A case for each rate by which nothing may be priced; a new rate closes it."""
    for pair, told in table.rates.items():
        if not told["problem"]:
            cases.close(RATE_CASE, pair, "there is a rate to price by")
            continue
        cases.open_case(
            RATE_CASE,
            f"{RATE_CASE}:{pair}:{told['problem']}:{told['since']}"[:120],
            f"No prices are made by {pair}: {Guard(told['problem']).label}",
            evidence=told,
            actions="Enter today's rate under Exchange rates. Prices that depend on it are computed anew at once.",
        )


def _lock_prices(lines: Iterable[PriceLine]) -> dict[tuple[int, str], SkuPrice]:
    skus = {line.sku_id for line in lines}
    rows = SkuPrice.objects.select_for_update().filter(sku__in=skus).order_by("pk")
    return {(row.sku_id, row.region_id): row for row in rows}


def _place(line: PriceLine) -> tuple[int, str]:
    return line.sku_id, line.region_id


def _price(line: PriceLine, price: int, original: int) -> NewPrice:
    return NewPrice(line.sku_id, line.region_id, price, original)


def _key(line: PriceLine) -> tuple[Any, ...]:
    """As Worked.key tells it, of a line as it was stored."""
    return (
        line.sku_id, line.region_id, line.old_minor, line.old_original_minor, line.new_minor, line.new_original_minor,
        line.cost_minor, line.guard, line.rule_id,
    )  # fmt: skip


def _digest(lines: Iterable[Worked]) -> str:
    told = sorted((line.row.sku_id, line.row.region_id, repr([str(part) for part in line.key])) for line in lines)
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _line(draft: PriceDraft, one: Worked, choice: str, chosen_by: str) -> PriceLine:
    return PriceLine(
        draft=draft,
        sku_id=one.row.sku_id,
        region_id=one.row.region_id,
        old_minor=one.row.price_minor,
        old_original_minor=one.row.original_minor,
        new_minor=one.new,
        new_original_minor=one.new_original,
        cost_minor=one.cost.minor,
        moves_percent=min(one.moves, Decimal(9_999_999)),
        rule=one.rule,
        rule_name=one.rule.name,
        guard=one.guard,
        steps=one.steps,
        choice=choice,
        chosen_by=chosen_by,
    )


def _at_this_moment() -> Refused:
    return Refused("VALIDATION_ERROR", _("Somebody is making a draft at this moment. Look at it."))
