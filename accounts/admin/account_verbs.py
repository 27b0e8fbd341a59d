"""What staff do to an account at its owner's wish, on whichever page of the back office the account stands."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from accounts import helping
from accounts.models import User
from core.admin.verbs import Asked, ReasonForm, Told, verb, whoever_has


class CheckedForm(ReasonForm):
    """Nobody helps without saying how the person showed who they are."""

    check = forms.ChoiceField(
        label=_("How did they show who they are?"), choices=helping.Check, widget=UnfoldAdminSelectWidget
    )
    field_order = ["check", "reason"]


class AccountVerbs:
    """Mixin: the verbs on the page of an account. An admin that shows staff's accounts too narrows the permissions."""

    has_end_permission = whoever_has("accounts.end_sessions")
    has_reset_permission = whoever_has("accounts.reset_second_factor")

    @verb(
        _("Sign out everywhere"),
        icon="logout",
        may="end",
        title=_("Sign this person out on all devices?"),
        text=_("Apps and browsers; the password stays."),
        button=_("Sign out"),
    )
    def end_sessions(self, asked: Asked, user: User) -> Told:
        helping.end_sessions(user, asked.user, asked.why)
        return Told(_("Done."))

    @verb(
        _("Reset the second factor"),
        icon="phonelink_erase",
        may="reset",
        title=_("Reset a lost second factor?"),
        text=_("Only for somebody who lost phone and back-up codes and has shown who they are."),
        button=_("Reset"),
        form=CheckedForm,
        needs_confirmation=True,
    )
    def reset_second_factor(self, asked: Asked, user: User) -> Told:
        helping.reset_second_factor(user, asked.user, helping.Check(asked.said["check"]), asked.why)
        return Told(_("Done. The next sign-in sets up a new app where one is needed."))
