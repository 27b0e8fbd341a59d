"""The verb by which staff write a note about the row whose page they read (core.notes)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from core import notes
from core.admin.verbs import Asked, Told, verb, whoever_has


class NoteForm(BaseDialogForm):
    """For staff alone, and for good."""

    text = forms.CharField(label=_("Note"), max_length=notes.LONGEST, widget=UnfoldAdminTextareaWidget)


class NoteVerb:
    """Mixin: `write_note` on the pages of an admin that says in `note_about` where a row's notes stand."""

    has_note_permission = whoever_has("core.add_note")

    def note_about(self, row: Any) -> str:
        """The name under which core.notes keeps what is written about the row."""
        raise NotImplementedError

    @verb(
        _("Write a note"),
        icon="sticky_note_2",
        may="note",
        title=_("What should the others know?"),
        text=_("For staff alone. It stays for good, with your name."),
        button=_("Write it"),
        form=NoteForm,
    )
    def write_note(self, asked: Asked, row: Any) -> Told:
        notes.write(self.note_about(row), asked.user, asked.said["text"])
        return Told(_("The note is written."))
