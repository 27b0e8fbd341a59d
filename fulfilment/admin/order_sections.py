"""The sections of an order's page, each a table of its dossier: read only, and no statement beside the dossier's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin.tables import link, moment, raw, table
from core.approvals.models import Approval
from core.money import Money
from fulfilment import sending
from fulfilment.desk.dossier import Dossier
from fulfilment.models import Attempt
from storefront.orders.models import Order

SHOWN_OF_ANSWER = 4000


def dossier_of(order: Any) -> Dossier:
    """The order's dossier, one per page."""
    if not hasattr(order, "dossier"):
        order.dossier = Dossier(order)
    found: Dossier = order.dossier
    return found


class OrderSections:
    """Mixin: what the page of an order shows of all that happened."""

    @display(description=_("timeline"))
    def timeline(self, order: Order) -> str:
        return table(
            [_("at"), _("step"), _("by"), _("reason"), _("note")],
            [
                (moment(one.at), f"{one.before or '–'} → {one.after}", one.by, one.reason, one.note)
                for one in dossier_of(order).events
            ],
        )

    @display(description=_("quoted price"))
    def quote(self, order: Order) -> str:
        asked = order.inquiry
        return table(
            [_("asked"), _("good until"), _("quantity"), _("total"), _("channel"), _("language")],
            [
                (
                    moment(asked.created_at), moment(asked.expires_at), asked.quantity,
                    Money(asked.total_minor, asked.currency), order.channel_name, asked.language,
                )
            ],
        )  # fmt: skip

    @display(description=_("payments"))
    def payments(self, order: Order) -> str:
        return table(
            [_("payment"), _("gateway"), _("asked for"), _("received"), _("state"), _("gateway's id"), _("settled")],
            [
                (
                    link("payments_payment", one.pk, one.reference), one.gateway, Money(one.amount_minor, one.currency),
                    Money(one.received_minor, one.currency), one.get_state_display(),
                    format_html("{} {}", one.gateway_id or "–", one.error[:200]), moment(one.settled_at),
                )
                for one in dossier_of(order).payments
            ],
        )  # fmt: skip

    @display(description=_("captures"))
    def captures(self, order: Order) -> str:
        return table(
            [_("when"), _("payment"), _("gateway's id"), _("amount"), _("effect")],
            [
                (
                    moment(one.created_at), one.payment.reference, one.gateway_ref,
                    Money(one.amount_minor, one.currency), one.get_effect_display(),
                )
                for one in dossier_of(order).captures
            ],
        )  # fmt: skip

    @display(description=_("refunds"))
    def refunds(self, order: Order) -> str:
        return table(
            [_("refund"), _("amount"), _("why"), _("state"), _("asked by"), _("gateway's id"), _("done")],
            [
                (
                    link("payments_refund", one.pk, one.reference), one.amount, one.get_why_display(),
                    one.get_state_display(), one.asked_by or "–",
                    format_html("{} {}", one.gateway_id or "–", one.error[:200]), moment(one.done_at),
                )
                for one in dossier_of(order).refunds
            ],
        )  # fmt: skip

    @display(description=_("left to give back"))
    def left_to_give_back(self, order: Order) -> str:
        return str(dossier_of(order).left_to_give_back)

    @display(description=_("ledger"))
    def ledger(self, order: Order) -> str:
        return table(
            [_("at"), _("reason"), _("from"), _("to"), _("amount"), _("note")],
            [
                (
                    moment(one.at), link("payments_transfer", one.pk, one.reason), one.source.key, one.target.key,
                    Money(one.amount_minor, one.currency), one.note,
                )
                for one in dossier_of(order).transfers
            ],
        )  # fmt: skip

    @display(description=_("units on their way"))
    def topups(self, order: Order) -> str:
        return table(
            [_("unit"), _("goods"), _("state"), _("waits for"), _("next look"), _("cost"), _("ended")],
            [
                (
                    link("fulfilment_topup", one.pk, f"{one.unit}.{one.piece}" if one.piece else one.unit),
                    one.part.name if one.part else order.sku_name,
                    one.get_state_display(), one.why or one.waits_for or "–", moment(one.not_before),
                    "–" if one.cost_minor is None else Money(one.cost_minor, order.currency), moment(one.ended_at),
                )
                for one in dossier_of(order).units
            ],
        )  # fmt: skip

    @display(description=_("attempts"))
    def attempts(self, order: Order) -> str:
        return table(
            [_("attempt"), _("state"), _("product"), _("sent, answered"), _("transaction"), _("request"), _("answer")],
            [
                (
                    link("fulfilment_attempt", one.pk, f"{one.topup.unit}.{one.number} {one.account.name}"),
                    f"{one.get_state_display()} {one.verdict}".strip(),
                    f"{one.product_code} ({Money(one.cost_minor, one.account.currency)})",
                    format_html("{}<br>{}", moment(one.sent_at), moment(one.answered_at)),
                    one.transaction_id or "–",
                    raw(_request(one)),
                    format_html("{}{}", raw(f"{one.http_status or ''} {one.answer[:SHOWN_OF_ANSWER]}"), one.resolution),
                )
                for one in dossier_of(order).attempts
            ],
        )

    @display(description=_("codes"))
    def codes(self, order: Order) -> str:
        return table(
            [_("unit"), _("code"), _("sold"), _("first shown")],
            [
                (one.topup.unit, link("fulfilment_code", one.pk, one.masked), moment(one.sold_at), moment(one.seen_at))
                for one in dossier_of(order).codes
                if one.topup
            ],
        )

    @display(description=_("mails"))
    def mails(self, order: Order) -> str:
        return table(
            [_("queued"), _("mail"), _("to"), _("state"), _("sent")],
            [
                (
                    moment(one.created_at), link("core_mailmessage", one.pk, one.template), one.to,
                    one.get_state_display(), moment(one.sent_at),
                )
                for one in dossier_of(order).mails
            ],
        )  # fmt: skip

    @display(description=_("by messenger"))
    def chats(self, order: Order) -> str:
        return table(
            [_("queued"), _("message"), _("to"), _("state"), _("sent")],
            [
                (
                    moment(one.created_at),
                    link("core_chatmessage", one.pk, f"{one.link.get_channel_display()} {one.template}"),
                    one.link.address, one.get_state_display(), moment(one.sent_at),
                )
                for one in dossier_of(order).chats
            ],
        )  # fmt: skip

    @display(description=_("cases"))
    def cases(self, order: Order) -> str:
        return table(
            [_("opened"), _("case"), _("state"), _("assigned to"), _("resolution")],
            [
                (
                    moment(one.opened_at), link("core_staffcase", one.pk, one.title), one.get_state_display(),
                    one.assigned_to or "–", format_html("{} {}", one.resolved_by or "", one.resolution),
                )
                for one in dossier_of(order).cases
            ],
        )  # fmt: skip

    @display(description=_("problem reports"))
    def problems(self, order: Order) -> str:
        return table(
            [_("reported"), _("topic"), _("text"), _("state"), _("answer")],
            [
                (
                    link("fulfilment_problemreport", one.pk, moment(one.created_at)), one.get_topic_display(), one.text,
                    one.get_state_display(), one.answer,
                )
                for one in dossier_of(order).problems
            ],
        )  # fmt: skip

    @display(description=_("account corrected"))
    def correction_shown(self, order: Order) -> str:
        one = dossier_of(order).correction
        if one is None:
            return "–"
        before, after = (" - ".join(field["value"] for field in fields) for fields in (one.before, one.after))
        return f"{moment(one.at)}: {before} ({one.nickname_before or '–'}) → {after} ({one.nickname or '–'})"

    @display(description=_("told that it is late"))
    def delay_shown(self, order: Order) -> str:
        one = dossier_of(order).delay
        return f"{moment(one.at)}: {one.reason}" if one else "–"

    @display(description=_("messages"))
    def messages_in(self, order: Order) -> str:
        return table(
            [_("received"), _("from"), _("state"), _("times"), _("note")],
            [
                (
                    link("core_inboxmessage", one.pk, moment(one.received_at)), one.party, one.get_state_display(),
                    one.times, one.note,
                )
                for one in dossier_of(order).messages_in
            ],
        )  # fmt: skip

    @display(description=_("notes"))
    def notes_shown(self, order: Order) -> str:
        return table(
            [_("at"), _("by"), _("text")],
            [(moment(one.at), one.author, raw(one.text)) for one in dossier_of(order).notes],
        )

    @display(description=_("approvals"))
    def approvals_shown(self, order: Order) -> str:
        return approvals_table(dossier_of(order).approvals)

    @display(description=_("what staff did"))
    def acts(self, order: Order) -> str:
        return table(
            [_("at"), _("by"), _("what"), _("about"), _("why")],
            [(moment(one.at), one.actor, one.action, one.subject, one.why) for one in dossier_of(order).acts],
        )


def approvals_table(rows: Iterable[Approval]) -> str:
    """What somebody asked for and another decides about."""
    return table(
        [_("asked"), _("by"), _("what"), _("state"), _("decided by"), _("why")],
        [
            (
                moment(one.asked_at), one.asked_by, link("core_approval", one.pk, one.title), one.get_state_display(),
                one.decided_by or "–", one.why,
            )
            for one in rows
        ],
    )  # fmt: skip


def _request(attempt: Attempt) -> str:
    body = sending.request_of(attempt)
    return json.dumps(body, indent=1, ensure_ascii=False) if body else "–"
