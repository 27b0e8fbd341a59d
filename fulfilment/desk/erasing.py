"""A customer forgotten at their wish: nobody can be recognised any more, and the books still add up.

What the books need stays: orders with what was sold and paid, transfers, refunds, captures, and for half a year what
suppliers were asked for (desk/forgetting.py). What says who it was goes: names, addresses, numbers, devices, pictures,
texts.
"""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import finding, mfa, pictures, sessions
from accounts.models import FailedSignIn, MailedToken, Session, User
from accounts.suspending import ERASED_DOMAIN
from core import audit
from core import pictures as private
from core.approvals.models import Approval
from core.errors import Refused
from core.models import ChatLink, ChatMessage, MailMessage, Note, SearchToken
from core.money import Money
from core.notes import about_user
from fulfilment.desk import forgetting
from fulfilment.models import Correction, ProblemReport
from payments.models import Account, Deposit, Refund
from storefront.inquiries.models import Inquiry
from storefront.orders.models import Order
from storefront.players.models import PlayerMark

_OPEN = (Order.Status.PENDING, Order.Status.PAID, Order.Status.PROCESSING)
_GONE = "–"


def is_erased(user: User) -> bool:
    return user.email.endswith(ERASED_DOMAIN)


def against(user: User) -> list[str]:
    """Why the customer cannot be forgotten yet: what is still owed to one of the two sides."""
    found = []
    if user.is_staff or user.is_superuser:
        found.append(_("This is a colleague: take the rights away first."))
    open_orders = Order.objects.filter(user=user, status__in=_OPEN).order_by("id").values_list("number", flat=True)[:5]
    if open_orders:
        found.append(_("Orders are under way: %(numbers)s.") % {"numbers": ", ".join(open_orders)})
    refunds = Refund.objects.filter(order__user=user).exclude(state__in=Refund.ENDED)
    if open_refunds := list(refunds.values_list("reference", flat=True)[:5]):
        found.append(_("Money is on its way back: %(numbers)s.") % {"numbers": ", ".join(open_refunds)})
    deposits = Deposit.objects.filter(user=user, status=Deposit.Status.PENDING).values_list("number", flat=True)[:5]
    if deposits:
        found.append(_("Deposits wait for their payment: %(numbers)s.") % {"numbers": ", ".join(deposits)})
    for account in Account.objects.filter(user=user, kind=Account.Kind.WALLET, balance_minor__gt=0).order_by("key"):
        held = Money(account.balance_minor or 0, account.currency)
        found.append(_("%(held)s is left: pay it out, or have it taken with the customer's word.") % {"held": held})
    if Approval.objects.filter(about=user.public_id, state=Approval.State.WAITING).exists():
        found.append(_("Something about this customer waits for a second person."))
    return found


@transaction.atomic
def erase(user_id: int, by: User, why: str) -> bool:
    """The customer is forgotten; False if that was done before. Points lapse: they stay in the books, and nobody can
    use them. Raises Refused with what is still open.

    Wallets are locked: no money comes in between.
    """
    user = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user_id)
    if is_erased(user):
        return False
    list(Account.objects.select_for_update(no_key=True).filter(user=user).order_by("key"))
    if reasons := against(user):
        raise Refused("VALIDATION_ERROR", " ".join([_("Not now: nothing has moved."), *reasons]))
    email, phone = user.email, user.phone or ""
    numbers = list(Order.objects.filter(user=user).values_list("number", flat=True))
    _forget_account(user)
    _forget_orders(user, numbers, email, phone)
    forgetting.later(user)
    Note.objects.filter(about=about_user(user.public_id)).update(text=_GONE)
    # That staff did something about this customer stays; what it said goes.
    audit.erase([f"user:{user.public_id}", audit.subject_of(user)], [email])
    after = {"orders": len(numbers)}
    audit.record(by.get_username(), "customer erased", f"user:{user.public_id}", after=after, why=why)
    return True


def _forget_account(user: User) -> None:
    picture = user.picture
    sessions.end_all(user, Session.End.STAFF)
    mfa.remove(user)
    MailedToken.objects.filter(user=user).delete()
    FailedSignIn.objects.filter(user=user).delete()
    Session.objects.filter(user=user).update(device="", device_key="", address=None, cookie="")
    PlayerMark.objects.filter(user=user).delete()
    user.email = f"{user.public_id}{ERASED_DOMAIN}"
    user.first_name = user.last_name = user.picture = ""
    user.phone = user.google_id = user.email_verified_at = user.last_login = None
    user.password, user.status = make_password(None), User.Status.SUSPENDED
    user.updated_at = timezone.now()
    user.save(
        update_fields=[
            *("email", "first_name", "last_name", "picture", "phone", "google_id", "email_verified_at", "last_login"),
            *("password", "status", "updated_at"),
        ]
    )
    finding.index(user)
    if picture:
        transaction.on_commit(lambda: pictures.remove(picture), robust=True)


def _forget_orders(user: User, numbers: list[str], email: str, phone: str) -> None:
    blank = {"email": "", "phone": "", "nickname": None, "owner": "", "device": "", "address": ""}
    mine = Order.objects.filter(user=user)
    players = set(mine.values_list("player_id", flat=True))
    Inquiry.objects.filter(order__user=user).update(**blank, fields=[])
    Inquiry.objects.filter(user=user).update(**blank, fields=[])
    mine.update(**blank, fields=[], player_id="", zone="")
    reports = ProblemReport.objects.filter(order__user=user)
    kept = [name for name in reports.values_list("picture", flat=True) if name]
    reports.update(text=_GONE, answer=_GONE, picture="", address="")
    Correction.objects.filter(order__user=user).update(before=[], after=[], nickname_before="", nickname="", address="")
    ChatMessage.objects.filter(about__in=numbers).update(context={})
    ChatLink.objects.filter(about__in=numbers).update(address=_GONE, ended_at=timezone.now(), ended_why="erased")
    MailMessage.objects.filter(to=email).update(to="", context={}, subject="")
    MailMessage.objects.filter(about__in=numbers).update(to="", context={}, subject="")
    # A player, an address or a number that somebody else's order has is still found.
    for kind, values, column in (
        ("player", players, "player_id"),
        ("email", {email}, "email"),
        ("phone", {phone}, "phone"),
    ):
        for value in values - {""}:
            if not Order.objects.filter(**{column: value}).exists():
                SearchToken.objects.filter(kind=kind, target=value).delete()

    def discard() -> None:
        for name in kept:
            private.discard(name)

    if kept:
        transaction.on_commit(discard, robust=True)
