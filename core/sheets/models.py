"""A file that came in: what it would change, what it changed, and how that is taken back."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SheetImport(models.Model):
    """A file as it was read against the shop of that moment. `digest` stands for all it would change: publishing
    reads the shop again, and goes on only where the same comes out."""

    class State(models.TextChoices):
        READ = "READ", _("read, not published")
        ASKED = "ASKED", _("waits for a second person")
        PUBLISHED = "PUBLISHED", _("published")
        DISCARDED = "DISCARDED", _("discarded")
        UNDONE = "UNDONE", _("undone")

    sheet = models.CharField(max_length=30, help_text=_("what kind of rows the file holds"))
    file_name = models.CharField(max_length=120)
    heads = models.JSONField(default=list, help_text=_("the columns the file has"))
    digest = models.CharField(max_length=64, help_text=_("hash of what would change"))
    new = models.PositiveIntegerField(default=0, help_text=_("rows that would be added"))
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    wrong = models.PositiveIntegerField(default=0)
    jumps = models.PositiveIntegerField(default=0, help_text=_("prices that move by more than the limit"))
    only_good = models.BooleanField(default=False, help_text=_("published without its wrong lines"))
    state = models.CharField(max_length=9, choices=State, default=State.READ)
    added_by = models.CharField(max_length=254)
    added_at = models.DateTimeField(default=timezone.now)
    published_by = models.CharField(max_length=254, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=254, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    why = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        permissions = [
            ("publish_sheet", _("Can publish an import")),
            ("undo_sheet", _("Can undo an import")),
            ("approve_sheet", _("Can approve a file of many prices that another asked for")),
        ]

    def __str__(self) -> str:
        return f"{self.sheet}: {self.file_name}"


class SheetRow(models.Model):
    """One line of a file: `before` and `after` hold the cells that differ, as an export would write them."""

    class Kind(models.TextChoices):
        NEW = "NEW", _("new")
        CHANGED = "CHANGED", _("changed")
        SAME = "SAME", _("unchanged")
        WRONG = "WRONG", _("wrong")

    sheet_import = models.ForeignKey(SheetImport, on_delete=models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField(help_text=_("of the file"))
    kind = models.CharField(max_length=7, choices=Kind)
    key = models.CharField(max_length=200, blank=True)
    cells = models.JSONField(default=list)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    problems = models.JSONField(default=list, help_text=_("column, and what is wrong with it"))
    is_jump = models.BooleanField(default=False)
    is_ticked = models.BooleanField(default=False, help_text=_("somebody said that the jump is meant"))
    target = models.BigIntegerField(null=True, help_text=_("the row it is written to"))
    is_applied = models.BooleanField(default=False)
    outcome = models.CharField(max_length=200, blank=True, help_text=_("what undoing it came to"))

    class Meta:
        ordering = ["line"]
        verbose_name = _("line of an import")
        verbose_name_plural = _("lines of imports")
        constraints = [models.UniqueConstraint(fields=["sheet_import", "line"], name="one_row_per_line")]
        indexes = [models.Index(fields=["sheet_import", "kind", "line"], name="sheet_row_kind")]

    def __str__(self) -> str:
        return f"{self.sheet_import_id}:{self.line}"
