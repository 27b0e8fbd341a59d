"""A file on its way into the shop: read and kept as a draft, published whole in one transaction, undone.

Nothing is written to the shop before `publish`. It holds the rows in question, compares the file with them again, and
goes on only if the same comes out that staff were shown (the draft's digest): so what is published is what was
previewed, and of two who publish at once one comes too late.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models.deletion import Collector, ProtectedError, RestrictedError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import audit
from core.errors import Refused
from core.sheets import comparing, files
from core.sheets.cells import Wrong, plain
from core.sheets.comparing import Outcome
from core.sheets.links import Links
from core.sheets.models import SheetImport, SheetRow
from core.sheets.sheet import Sheet
from core.web import prebuilt

State, Kind = SheetImport.State, SheetRow.Kind
_DRAFTS_KEPT = timedelta(days=14)
_BATCH = 1000
_MOVED = gettext_lazy(
    "The shop has changed since this preview (lines %(lines)s). Look at the file again before it is published."
)


def read_file(sheet: Sheet, content: bytes, *, file_name: str, by: str) -> SheetImport:
    """The dry run: a draft stands with what each line would change; the shop is as before.

    Raises VALIDATION_ERROR for a file that cannot be read at all, or has other heads.
    """
    return _draft(sheet, files.read(content), file_name=file_name, by=by)


def read_again(sheet: Sheet, one: SheetImport, *, by: str) -> SheetImport:
    """The same file compared with the shop as it is now, as a new draft; the old one is discarded."""
    again = _draft(sheet, _table(one, one.rows.all()), file_name=one.file_name, by=by)
    SheetImport.objects.filter(pk=one.pk, state=State.READ).update(state=State.DISCARDED)
    return again


def _draft(sheet: Sheet, table: files.Table, *, file_name: str, by: str) -> SheetImport:
    outcomes = comparing.of_table(sheet, table)
    cells = dict(table.lines)
    kinds = [outcome.kind for outcome in outcomes]
    with transaction.atomic():
        one = SheetImport.objects.create(
            sheet=sheet.code,
            file_name=file_name[-120:],
            heads=table.heads,
            digest=comparing.digest(sheet, outcomes),
            new=kinds.count(Kind.NEW),
            changed=kinds.count(Kind.CHANGED),
            same=kinds.count(Kind.SAME),
            wrong=kinds.count(Kind.WRONG),
            jumps=sum(outcome.is_jump for outcome in outcomes),
            added_by=by,
        )
        SheetRow.objects.bulk_create(
            (
                SheetRow(
                    sheet_import=one,
                    line=outcome.line,
                    kind=outcome.kind,
                    key=" ".join(outcome.key)[:200],
                    cells=cells[outcome.line],
                    before=outcome.before,
                    after=outcome.after,
                    problems=outcome.problems,
                    is_jump=outcome.is_jump,
                )
                for outcome in outcomes
            ),
            batch_size=_BATCH,
        )
    _forget_old_drafts()
    return one


def _forget_old_drafts() -> None:
    """Of a file that was never published nothing has to be known for ever."""
    old = SheetImport.objects.filter(
        state__in=[State.READ, State.DISCARDED], added_at__lt=timezone.now() - _DRAFTS_KEPT
    ).order_by("pk")
    SheetImport.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:5])).delete()


def _table(one: SheetImport, rows: Iterable[SheetRow]) -> files.Table:
    return files.Table(list(one.heads), [(row.line, list(row.cells)) for row in rows])


def publish(
    sheet: Sheet,
    one: SheetImport,
    *,
    by: str,
    why: str = "",
    only_good: bool = False,
    jumps: Iterable[int] | None = (),
    was_asked: bool = False,
) -> int:
    """Every good line is written, in one transaction and the audit trail; how many.

    `jumps` are the lines whose jump somebody has looked at, None: all of them. Lines that are wrong, or a jump nobody
    ticked, are left out only if `only_good` says so. `was_asked`: a second person approves what the first asked for.
    Raises VALIDATION_ERROR where something is in the way, the shop as before: decided already, the rows have moved
    since the preview, lines that may not go.
    """
    with transaction.atomic():
        mine = SheetImport.objects.select_for_update().get(pk=one.pk)
        if mine.state != (State.ASKED if was_asked else State.READ):
            raise _refused(_("This file has been decided on before."))
        rows = {row.line: row for row in mine.rows.all()}
        outcomes = _compared_again(sheet, mine, rows)
        ticked = {line for line, row in rows.items() if row.is_jump} if jumps is None else set(jumps)
        good = [outcome for outcome in outcomes if outcome.is_good and (not outcome.is_jump or outcome.line in ticked)]
        left = mine.wrong + sum(outcome.is_jump and outcome.line not in ticked for outcome in outcomes)
        if left and not only_good:
            raise _refused(
                _("%(left)d lines cannot go. Correct the file, or say that only the good lines are published.")
                % {"left": left}
            )
        if not good:
            raise _refused(_("There is nothing in this file that would change anything."))
        _write(sheet, good)
        for outcome in good:
            row = rows[outcome.line]
            row.is_applied, row.target, row.is_ticked = True, outcome.row.pk, outcome.is_jump
        SheetRow.objects.bulk_update(
            (rows[outcome.line] for outcome in good if outcome.kind == Kind.NEW), ["target"], batch_size=_BATCH
        )
        mine.rows.filter(line__in=[outcome.line for outcome in good]).update(is_applied=True)
        if any(outcome.is_jump for outcome in good):
            mine.rows.filter(line__in=[outcome.line for outcome in good if outcome.is_jump]).update(is_ticked=True)
        mine.state, mine.only_good, mine.why = State.PUBLISHED, bool(left), why
        mine.published_by, mine.published_at = by, timezone.now()
        mine.save(update_fields=["state", "only_good", "why", "published_by", "published_at"])
        _keep_trail(sheet, mine, good, by=by, action="imported", why=why)
    return len(good)


def waits(one: SheetImport, *, by: str) -> None:
    """Nobody decides about the file but the second person that `by` asked for.

    Raises VALIDATION_ERROR if it was decided before.
    """
    if not SheetImport.objects.filter(pk=one.pk, state=State.READ).update(state=State.ASKED, published_by=by):
        raise _refused(_("This file has been decided on before."))


@transaction.atomic
def discard(one: SheetImport, *, by: str) -> None:
    """The draft is put away; nothing of it was ever in the shop. Raises VALIDATION_ERROR if it was decided before."""
    if not SheetImport.objects.filter(pk=one.pk, state=State.READ).update(state=State.DISCARDED):
        raise _refused(_("This file has been decided on before."))
    audit.record(by, "import discarded", _subject(one))


def _compared_again(sheet: Sheet, one: SheetImport, rows: Mapping[int, SheetRow]) -> list[Outcome]:
    """The draft's lines against the shop of now, whose rows are held until the transaction ends. Raises
    VALIDATION_ERROR where something else comes out than was previewed."""
    table = _table(one, rows.values())
    _hold(sheet, {_key(sheet, one, row)[0] for row in rows.values()})
    outcomes = comparing.of_table(sheet, table)
    if comparing.digest(sheet, outcomes) == one.digest:
        return outcomes
    moved = [
        outcome.line
        for outcome in outcomes
        if (outcome.kind, outcome.before, outcome.after)
        != (rows[outcome.line].kind, rows[outcome.line].before, rows[outcome.line].after)
    ]
    raise _refused(_MOVED % {"lines": _listed(moved)})


def _listed(lines: Sequence[int]) -> str:
    return ", ".join(str(line) for line in lines[:10]) + (" …" if len(lines) > 10 else "")


def _lost_links(sheet: Sheet, good: Sequence[Outcome]) -> list[int]:
    """The lines whose row names another one that was deleted while the file was written."""
    by_table: dict[Any, dict[int, set[Any]]] = {}
    for column in sheet.linking():
        field: Any = sheet.model._meta.get_field(column.target)
        for outcome in good:
            if isinstance(column, Links):
                keys = {row.pk for row in outcome.linked.get(column.name, ())}
            else:
                keys = {getattr(outcome.row, field.attname)} - {None}
            by_table.setdefault(field.related_model, {}).setdefault(outcome.line, set()).update(keys)
    lost: set[int] = set()
    for table, named in by_table.items():
        wanted = set().union(*named.values())
        there = set(table._base_manager.filter(pk__in=wanted).values_list("pk", flat=True))
        lost |= {line for line, pks in named.items() if not pks <= there}
    return sorted(lost)


def _hold(sheet: Sheet, first: set[str]) -> None:
    """Nobody else changes the rows of these keys until the caller's transaction ends."""
    found = sheet.model._default_manager.filter(**{sheet.narrow: comparing.askable(sheet, first)}).order_by("pk")
    list(found.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))


def _write(sheet: Sheet, good: Sequence[Outcome]) -> None:
    """The outcomes' rows are in the table: one statement for the new ones, one for the changed, and one or two for
    each row of which a table between changes. What they are linked to is there until the caller's transaction ends.
    Raises VALIDATION_ERROR where the database knows better."""
    manager = sheet.model._default_manager
    new = [outcome.row for outcome in good if outcome.kind == Kind.NEW]
    changed = [outcome.row for outcome in good if outcome.kind == Kind.CHANGED]
    named = sheet.named
    moved = {
        named[name].target
        for outcome in good
        for name in outcome.after
        if not isinstance(named[name], Links) and named[name].target != "pk"
    }
    columns = [one.name for one in sheet.model._meta.concrete_fields if one.name in moved and not one.primary_key]
    try:
        with transaction.atomic():
            manager.bulk_create(new, batch_size=_BATCH)
            if columns and changed:
                # The rows are there and held: of this "insert" only its other half is ever done.
                manager.bulk_create(
                    changed, batch_size=_BATCH, update_conflicts=True, unique_fields=["id"], update_fields=columns
                )
            for outcome in good:
                for name, linked in outcome.linked.items():
                    if name in outcome.after:
                        getattr(outcome.row, named[name].target).set(linked)
            # Links are held against their tables at the end of a transaction, where nobody could say which line it is.
            connection.check_constraints()
    except (IntegrityError, DataError) as problem:
        if lines := _lost_links(sheet, good):
            raise _refused(_MOVED % {"lines": _listed(lines)}) from problem
        told = str(problem).partition("\n")[0]
        raise _refused(_("The database refuses this, and nothing was changed: %(why)s") % {"why": told}) from problem
    prebuilt.touch()


def undo(sheet: Sheet, one: SheetImport, *, by: str, why: str) -> tuple[int, int]:
    """What the import changed is as it was before, wherever nobody has changed it since: (taken back, left as it is).

    Rows it added are deleted unless something hangs on them by now. Every line that stays says why in `outcome`.
    Raises VALIDATION_ERROR for an import that is not published (any more).
    """
    with transaction.atomic():
        mine = SheetImport.objects.select_for_update().get(pk=one.pk)
        if mine.state != State.PUBLISHED:
            raise _refused(_("Only what is published can be undone, and once."))
        rows = {row.line: row for row in mine.rows.filter(is_applied=True)}
        _hold(sheet, {_key(sheet, mine, row)[0] for row in rows.values()})
        back, stays = _backwards(sheet, mine, rows)
        _write(sheet, back) if back else None
        gone = _delete_added(sheet, rows, stays)
        for line, text in stays.items():
            rows[line].outcome = text[:200]
        SheetRow.objects.bulk_update([rows[line] for line in stays], ["outcome"], batch_size=_BATCH)
        mine.state, mine.undone_by, mine.undone_at = State.UNDONE, by, timezone.now()
        mine.save(update_fields=["state", "undone_by", "undone_at"])
        _keep_trail(sheet, mine, back, by=by, action="import undone", why=why)
        audit.record_all(
            by,
            "import undone",
            [(f"{sheet.model._meta.label_lower}:{pk}", row.after, None) for pk, row in gone],
            why=why,
        )
        prebuilt.touch()
    return len(back) + len(gone), len(stays)


def _backwards(sheet: Sheet, one: SheetImport, rows: Mapping[int, SheetRow]) -> tuple[list[Outcome], dict[int, str]]:
    """The outcomes that write the cells of before, and why some lines stay as they are."""
    typed = [
        (row.line, dict(zip(sheet.key, _key(sheet, one, row), strict=True)) | row.before)
        for row in rows.values()
        if row.kind == Kind.CHANGED
    ]
    back: list[Outcome] = []
    stays: dict[int, str] = {}
    for outcome in comparing.compare(sheet, typed):
        row = rows[outcome.line]
        if outcome.kind == Kind.NEW or (outcome.row is None and not outcome.problems):
            stays[row.line] = _("It has been deleted since.")
        elif outcome.problems:
            stays[row.line] = f"{outcome.problems[0][0]}: {outcome.problems[0][1]}"
        elif outcome.kind == Kind.SAME or any(outcome.before.get(name) != text for name, text in row.after.items()):
            stays[row.line] = _("It has been changed since.")
        else:
            back.append(outcome)
    return back, stays


def _key(sheet: Sheet, one: SheetImport, row: SheetRow) -> list[str]:
    """The cells that name the line's row."""
    cells = dict(zip(one.heads, row.cells, strict=False))
    try:
        return [plain(cells.get(name, "")) for name in sheet.key]
    except Wrong:
        return [""] * len(sheet.key)


def _delete_added(sheet: Sheet, rows: Mapping[int, SheetRow], stays: dict[int, str]) -> list[tuple[int, SheetRow]]:
    """The rows that the import added are gone, but for those that something hangs on or somebody has changed."""
    added = {row.target: row for row in rows.values() if row.kind == Kind.NEW and row.target is not None}
    gone: list[tuple[int, SheetRow]] = []
    if not added:
        return gone
    found = {row.pk: row for row in sheet.rows().filter(pk__in=list(added))}
    named = sheet.named
    for pk, row in added.items():
        now = found.get(pk)
        if now is None:
            continue
        if any(named[name].written(now) != text for name, text in row.after.items() if name != "id"):
            stays[row.line] = _("It has been changed since.")
        elif _hangs_on(now):
            stays[row.line] = _("Something hangs on this row by now. Switch it off instead.")
        else:
            gone.append((pk, row))
    try:
        with transaction.atomic():
            sheet.model._default_manager.filter(pk__in=[pk for pk, _row in gone]).delete()
            connection.check_constraints()
    except IntegrityError as problem:
        raise _refused(_("Something hangs on one of these rows since just now. Nothing was changed: try again.")) from (
            problem
        )
    return gone


def _hangs_on(row: Any) -> bool:
    """Whether deleting the row would take others with it, or is not possible for their sake."""
    collector = Collector(using="default", origin=row)
    try:
        collector.collect([row])
    except (ProtectedError, RestrictedError):
        return True
    between = {one.through for one in row._meta.many_to_many}
    others = [model for model in collector.data if model is not type(row) and model not in between]
    return bool(others) or any(
        queryset.model not in between and queryset.exists() for queryset in collector.fast_deletes
    )


def _subject(one: SheetImport) -> str:
    return f"core.sheetimport:{one.pk}"


def _keep_trail(sheet: Sheet, one: SheetImport, done: Sequence[Outcome], *, by: str, action: str, why: str) -> None:
    """One entry for the file, and one for each row under the row's own subject."""
    label = sheet.model._meta.label_lower
    counts = {"rows": len(done), "file": one.file_name}
    audit.record(by, action, _subject(one), after=counts, why=why)
    audit.record_all(
        by, action, [(f"{label}:{outcome.row.pk}", outcome.before or None, outcome.after) for outcome in done],
        why=f"{_subject(one)} {why}".strip(),
    )  # fmt: skip


def _refused(text: str) -> Refused:
    return Refused("VALIDATION_ERROR", text)
