"""Whoever buys, as the customer desk knows them: the same row as the user, with rights of its own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.models import User


class Customer(User):  # type: ignore[django-manager-missing]  # as User's own
    """A user without the back office's side of the account."""

    class Meta:
        proxy = True
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        permissions = [
            ("suspend_customer", _("Can shut a customer out and let them in again")),
            ("merge_guests", _("Can make two addresses of one guest one, or a member's")),
            ("export_customer", _("Can hand out what is kept about a customer")),
            ("erase_customer", _("Can erase a customer who asks for it")),
        ]
