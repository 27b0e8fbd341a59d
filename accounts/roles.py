"""The six roles of the staff: which permissions each has, and why. The table of docs/staff.md is read from here.

A role is a group of Django's. `sync` (by `manage.py sync_roles`, at every start and release) makes the groups equal to
this file, so that what a role may do is decided in a review and not by a click; whoever needs more than a role gives
gets a group or a permission of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils.translation import gettext_lazy as _

OWNER = "owner"


class UnknownPermission(LookupError):
    """A role names a permission that no model has."""


@dataclass(frozen=True, slots=True)
class Block:
    """Permissions (`app.codename`) that belong together, and what the role needs them for."""

    why: Any
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Role:
    """`name` is the group's; an owner (`has_all`) may do whatever there is, also what is added tomorrow."""

    name: str
    title: Any
    blocks: tuple[Block, ...] = ()
    has_all: bool = field(default=False)

    @property
    def permissions(self) -> frozenset[str]:
        return frozenset().union(*(block.permissions for block in self.blocks))


def _block(why: Any, *rules: str) -> Block:
    """Each rule is "verbs: models" (view add: app.model app.model) or the full name of one permission."""
    found: set[str] = set()
    for rule in rules:
        verbs, colon, models = rule.partition(":")
        if not colon:
            found.add(rule)
        for model in models.split():
            app, _dot, name = model.partition(".")
            found |= {f"{app}.{verb}_{name}" for verb in verbs.split()}
    return Block(why, frozenset(found))


_SEE_GOODS = _block(
    _("Knows what is sold, where and at what price."),
    "view: storefront.category storefront.product storefront.section storefront.sku storefront.skuprice",
    "view: storefront.productclosure storefront.channel storefront.channelcategory storefront.channelclosure",
    "view: storefront.promo storefront.operatorprefix core.region core.exchangerate",
)
_SEE_ORDERS = _block(
    _("Follows an order from the quote to the last mail."),
    "view: storefront.order storefront.orderevent storefront.promoslot payments.payment payments.capture",
    "view: payments.refund payments.payout payments.deposit fulfilment.topup fulfilment.attempt fulfilment.code",
    "view: fulfilment.problemreport core.staffcase core.mailmessage core.chatmessage core.chatlink core.inboxmessage",
    "view: accounts.user",
)

_SEE_FIGURES = _block(_("Sees on the start page how many orders came and how they went."), "fulfilment.view_figures")
_SEE_SALES = _block(
    _("Sees on the start page what was sold, by product, channel and region."),
    "fulfilment.view_figures",
    "fulfilment.view_sales",
)

_FILES = _block(
    _("Reads files of what the role keeps in, publishes and undoes them."),
    "view: core.sheetimport",
    "core.publish_sheet",
    "core.undo_sheet",
)
_APPROVES_FILES = _block(
    _("Is the second person for files of many prices."), "view: core.sheetimport core.approval", "core.approve_sheet"
)

_MAKES_TOKENS = _block(
    _("Makes tokens of the admin API for scripts, which may do no more than their maker; shuts them out again."),
    "view add change: core.stafftoken",
)

ROLES: tuple[Role, ...] = (
    Role(
        "catalogue",
        _("Catalogue"),
        (
            _SEE_GOODS,
            _MAKES_TOKENS,
            _SEE_SALES,
            _block(
                _("Keeps products, SKUs, prices, texts and pictures."),
                "view add change delete: storefront.category storefront.product storefront.productregion",
                "view add change delete: storefront.productfield storefront.section storefront.sku",
                "view add change delete: storefront.skuprice storefront.memberdiscount",
                "view add change: storefront.operatorprefix",
            ),
            _FILES,
            _APPROVES_FILES,
            _block(
                _("Makes prices from costs by rules, publishes and undoes them; what moves far needs a second person."),
                "view add change delete: fulfilment.marginrule fulfilment.priceending",
                "view: fulfilment.pricedraft fulfilment.priceline fulfilment.costseen core.approval",
                "fulfilment.publish_prices",
            ),
            _block(
                _("Decides on supplier products that came or went."),
                "view change: fulfilment.producttask",
            ),
            _block(
                _("Closes products for maintenance and at night."),
                "view add change delete: storefront.productclosure",
            ),
            _block(
                _("Sees what suppliers offer and what stands behind a SKU."),
                "view: fulfilment.supplierproduct fulfilment.route fulfilment.skupart fulfilment.codestock",
            ),
        ),
    ),
    Role(
        "marketing",
        _("Marketing"),
        (
            _SEE_GOODS,
            _SEE_SALES,
            _block(
                _("Runs promos and sees who used them."),
                "view add change: storefront.promo",
                "view: storefront.promoslot",
            ),
            _FILES,
            _block(
                _("Fills the home page: banners, popups, sections."),
                "view add change delete: storefront.banner storefront.popup",
                "view change: storefront.section",
            ),
            _block(
                _("Writes the help page and the lines of the membership."),
                "view add change delete: storefront.question storefront.contact accounts.benefit",
                "view: payments.pointvalue storefront.language",
            ),
        ),
    ),
    Role(
        "support",
        _("Support"),
        (
            _SEE_GOODS,
            _SEE_ORDERS,
            _SEE_FIGURES,
            _block(
                _("Answers customers: cases, problem reports, mails once more."),
                "change: core.staffcase core.mailmessage fulfilment.problemreport",
            ),
            _block(
                _("Sees to orders: has them checked and tried again, puts the player id right, leaves notes."),
                "storefront.recheck_order",
                "storefront.resend_order",
                "storefront.correct_account",
                "storefront.cancel_order",
                "view add: core.note",
            ),
            _block(
                _("Asks for money to go back (above the limit finance decides) and for a balance to be adjusted."),
                "payments.add_refund",
                "payments.adjust_balance",
                "core.view_approval",
            ),
            _block(
                _("Compares account and amount of a pay-out, the first of its two persons."), "payments.change_payout"
            ),
            _block(
                _("Helps a customer who lost the phone, after a documented check."),
                "accounts.end_sessions",
                "accounts.reset_second_factor",
            ),
            _block(
                _("Looks after customers: shuts out and lets in, merges guests, hands out personal data."),
                "view: fulfilment.customer",
                "fulfilment.suspend_customer",
                "fulfilment.merge_guests",
                "fulfilment.export_customer",
            ),
        ),
    ),
    Role(
        "finance",
        _("Finance"),
        (
            _SEE_GOODS,
            _MAKES_TOKENS,
            _SEE_ORDERS,
            _SEE_SALES,
            _block(
                _("Sees the true profit and what it is made of; enters what gateways keep."),
                "fulfilment.view_profit",
                "view add: payments.gatewayfee",
            ),
            _block(
                _("Reads the books: every transfer, account, deposit and statement."),
                "view: payments.transfer payments.account payments.redemption payments.pointvalue core.discrepancy",
                "view: fulfilment.statement fulfilment.funding fulfilment.supplieraccount fulfilment.codebatch",
            ),
            _block(
                _("Gives up orders that cannot be delivered, and leaves notes."),
                "storefront.recheck_order",
                "storefront.cancel_order",
                "view add: core.note",
                "view: fulfilment.customer",
            ),
            _block(
                _("Decides about refunds and balances that another person asked for, and about money nobody expected."),
                "payments.add_refund",
                "payments.change_refund",
                "payments.adjust_balance",
                "payments.approve_adjustment",
                "view: core.approval core.approvallimit",
                "change: core.staffcase",
            ),
            _block(
                _("Pays out, the second of two persons; up to the limit."),
                "payments.change_payout",
                "payments.approve_payout",
            ),
            _block(
                _("Settles what gateways and suppliers tell otherwise than our books."),
                "change: core.discrepancy fulfilment.statement",
            ),
            _block(_("Enters exchange rates and the worth of a point."), "add: core.exchangerate payments.pointvalue"),
            _APPROVES_FILES,
            _block(
                _("Is the second person for prices that move far."),
                "view: fulfilment.marginrule fulfilment.priceending fulfilment.pricedraft fulfilment.priceline",
                "view: fulfilment.costseen",
                "fulfilment.publish_prices",
            ),
            _block(_("Looks up who did what, and why."), "view: core.auditentry accounts.failedsignin"),
        ),
    ),
    Role(
        "ops",
        _("Operations"),
        (
            _SEE_GOODS,
            _MAKES_TOKENS,
            _SEE_ORDERS,
            _SEE_FIGURES,
            _block(
                _("Keeps suppliers, routes and parts going."),
                "view change: fulfilment.supplieraccount fulfilment.supplierproduct",
                "view add change delete: fulfilment.route fulfilment.skupart",
                "view: fulfilment.historyrow fulfilment.historypoll fulfilment.costseen",
                "view change: fulfilment.producttask",
            ),
            _FILES,
            _block(
                _("Has orders checked and tried again, also by another supplier, and leaves notes."),
                "storefront.recheck_order",
                "storefront.resend_order",
                "storefront.switch_supplier",
                "view add: core.note",
            ),
            _block(
                _("Decides what became of purchases nobody answered for."),
                "change: fulfilment.attempt",
            ),
            _block(
                _("Puts voucher codes on sale."),
                "view add change: fulfilment.codestock fulfilment.codebatch",
                "change: fulfilment.code",
                "view: fulfilment.codeevent",
            ),
            _block(
                _("Opens and closes payment channels and moves them to another gateway."),
                "change: storefront.channel",
                "view add change delete: storefront.channelclosure storefront.productclosure",
            ),
            _block(
                _("Watches the live page, closes a gateway that fails, has failing rows tried again."),
                "core.view_operations",
                "core.replay_poisonrow",
                "storefront.stop_gateway",
            ),
            _block(
                _("Sets alerts: thresholds, silences, who is told; writes what customers read on the status page."),
                "view: core.incident core.alertpost",
                "view change: core.alertrule",
                "view add change delete: core.alertaddress core.alertsilence core.statusnotice",
            ),
            _block(
                _("Works off what got stuck: cases, messages, differences."),
                "change: core.staffcase core.inboxmessage core.mailmessage core.discrepancy fulfilment.problemreport",
                "view: core.discrepancy fulfilment.statement fulfilment.funding core.searchtoken",
            ),
            _block(_("Looks up who did what, and why."), "view: core.auditentry accounts.failedsignin"),
        ),
    ),
    Role(OWNER, _("Owner"), (_block(_("Whatever there is; adds staff, gives roles, sets limits.")),), has_all=True),
)
BY_NAME = {role.name: role for role in ROLES}


def sync() -> list[str]:
    """The groups hold exactly what this file says; one line for each change, none where nothing had to change.

    Nobody's membership is touched. Raises UnknownPermission, and has then changed nothing.
    """
    known = _known()
    told = []
    with transaction.atomic():
        for role in ROLES:
            group, is_new = Group.objects.get_or_create(name=role.name)
            wanted = frozenset(known) if role.has_all else role.permissions
            if unknown := wanted - known.keys():
                raise UnknownPermission(f"{role.name}: {', '.join(sorted(unknown))}")
            held = {_name_of(one) for one in group.permissions.select_related("content_type")}
            if is_new or held != wanted:
                group.permissions.set([known[name] for name in wanted])
                told.append(_difference(role.name, held, wanted, is_new=is_new))
    return told


def group(name: str) -> Group:
    """The role's group. Raises Group.DoesNotExist before the first `sync`."""
    return Group.objects.get(name=name)


def unknown_permissions() -> set[str]:
    """Names of the table that no model has; none, unless somebody mistyped."""
    return set().union(*(role.permissions for role in ROLES)) - _known().keys()


def _known() -> dict[str, Permission]:
    return {_name_of(one): one for one in Permission.objects.select_related("content_type")}


def _name_of(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"


def _difference(name: str, held: set[str], wanted: frozenset[str], *, is_new: bool) -> str:
    if is_new:
        return f"{name}: made, {len(wanted)} permissions"
    parts = [f"+{one}" for one in sorted(wanted - held)] + [f"-{one}" for one in sorted(held - wanted)]
    return f"{name}: {' '.join(parts)}"
