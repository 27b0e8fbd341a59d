"""Form fields of the account's pages: one description each, one template for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.errors import Refused, Text


@dataclass(frozen=True, slots=True)
class Field:
    """An input of a form; `name` is the API's name of it, so that a refusal finds it."""

    name: str
    label: Text
    kind: str = "text"
    autocomplete: str = ""
    hint: Text = ""
    is_needed: bool = True
    value: str = ""
    error: str = ""
    longest: int = 254
    inputmode: str = ""


EMAIL = Field("email", _("E-mail"), "email", "username")
PASSWORD = Field("password", _("Password"), "password", "current-password", longest=128)
NEW_PASSWORD = Field(
    "newPassword",
    _("New password"),
    "password",
    "new-password",
    _("At least 8 characters, and nothing that is easily guessed."),
    longest=128,
)
CONFIRM_PASSWORD = Field("confirmPassword", _("The same once more"), "password", "new-password", longest=128)
CURRENT_PASSWORD = Field("currentPassword", _("Current password"), "password", "current-password", longest=128)
FIRST_NAME = Field("firstName", _("First name"), autocomplete="given-name", longest=60)
LAST_NAME = Field("lastName", _("Last name"), autocomplete="family-name", is_needed=False, longest=60)
PHONE = Field("phoneNumber", _("Phone number"), "tel", "tel", is_needed=False, longest=40)
CODE = Field(
    "code",
    _("Code"),
    autocomplete="one-time-code",
    hint=_("Six digits from your app, or one of your back-up codes."),
    longest=20,
)
APP_CODE = replace(CODE, hint=_("Six digits from your app."), inputmode="numeric")


def typed(request: HttpRequest, field: Field) -> str:
    """What was typed into it, cut to its length; "" where nothing was."""
    return request.POST.get(field.name, "")[: field.longest + 1].replace("\0", "")


def filled(
    fields: tuple[Field, ...],
    request: HttpRequest,
    refusal: Refused | None = None,
    values: Mapping[str, str] | None = None,
) -> list[Field]:
    """The fields as they are shown again: with what was typed (passwords never), `values` at first, and errors."""
    errors = refusal.fields if refusal else {}
    shown = []
    for field in fields:
        value = typed(request, field) if request.method == "POST" else (values or {}).get(field.name, "")
        error = str(errors.get(field.name, ""))
        shown.append(replace(field, value="" if field.kind == "password" else value, error=error))
    return shown


def words(refusal: Refused | None, fields: tuple[Field, ...] = ()) -> str:
    """What stands above the form: the refusal itself, unless every reason stands at its field."""
    if refusal is None:
        return ""
    known = {field.name for field in fields}
    apart = [str(text) for name, text in refusal.fields.items() if name not in known]
    return apart[0] if apart else str(refusal.message)
