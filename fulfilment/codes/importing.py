"""A file of codes: read line by line, sealed as a draft that sells nothing, then put on sale or discarded whole."""

from __future__ import annotations

import csv
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.errors import Refused
from core.money import Money
from fulfilment.codes import secret, stock
from fulfilment.codes.secret import Secret
from fulfilment.models import Code, CodeBatch, CodeStock, SupplierProduct
from payments.models import Account
from payments.wallet import services as ledger

MOST_BYTES = 4 * 1024 * 1024
MOST_LINES = 50_000
LEAST_LETTERS, MOST_LETTERS = 4, 200
_DRAFTS_KEPT = timedelta(days=1)
_COLUMNS = ["code", "serial", "expires"]
_HEADS = {
    "code": "code pin voucher kode kodevoucher vouchercode codevoucher pincode kodepin",
    "serial": "serial sn serialnumber serialno nomorseri noseri",
    "expires": "expires expireson expiry expirydate expirationdate exp kedaluwarsa kadaluarsa berlakusampai",
}
_COLUMN_OF = {head: column for column, heads in _HEADS.items() for head in heads.split()}
_DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")
# What a spreadsheet would run, or has already spoiled: such a "code" was never one, or is no longer.
_FORMULA = re.compile(r"^[=+\-@\t\r]")
_DIGIT = re.compile("[0-9]")
_SPOILED = re.compile(r"^\d(\.\d+)?E\+\d+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    secret: Secret
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line was not taken; never with the code in it."""

    line: int
    problem: str


def read(content: bytes) -> tuple[list[Line], list[Problem]]:
    """The codes of a CSV (with or without a line of heads: code, serial, expires) or of a text with one per line.

    Raises VALIDATION_ERROR for a file that cannot be read at all; a bad line is a Problem and leaves the others alone.
    """
    if len(content) > MOST_BYTES:
        raise Refused("VALIDATION_ERROR", _("This file is too large. Split it."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Refused("VALIDATION_ERROR", _("Save the file as UTF-8 first.")) from problem
    rows = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if rows and rows[0][1].casefold().startswith("sep="):
        rows.pop(0)  # a spreadsheet's own
    if not rows or "\x00" in text:
        raise Refused("VALIDATION_ERROR", _("There is no code in this file."))
    if len(rows) > MOST_LINES:
        raise Refused("VALIDATION_ERROR", _("This file is too large. Split it."))
    between = next((sign for sign in ("\t", ";", ",") if sign in rows[0][1]), ",")
    heads = _heads(*(_cells(line, between) for _number, line in rows[:2]))
    columns = heads or _COLUMNS
    lines: list[Line] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for number, raw in rows[1:] if heads else rows:
        cells = _cells(raw, between)
        try:
            line = _line(number, dict(zip(columns, cells, strict=False)), len(cells) > len(columns))
            same = secret.digests(line.secret.code)[0]
            if same in seen:
                raise ValueError(_("The same code as in line %(line)d.") % {"line": seen[same]})
        except ValueError as problem:
            problems.append(Problem(number, str(problem)))
        else:
            seen[same] = number
            lines.append(line)
    return lines, problems


def _cells(line: str, between: str) -> list[str]:
    """Raises VALIDATION_ERROR for what no table has."""
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=between))]
    except csv.Error as problem:
        raise Refused("VALIDATION_ERROR", _("This file has a line that no list of codes has. Open it and look.")) from (
            problem
        )


def _heads(first: list[str], second: list[str] | None = None) -> list[str]:
    """The columns that a file's first line names, each as ours or "" for one that is passed over; none if the line is a
    code already. Raises VALIDATION_ERROR where nobody can say: a head taken for a code would be sold."""
    columns = [_COLUMN_OF.get(re.sub("[^a-z]", "", cell.casefold()), "") for cell in first]
    named = [column for column in columns if column]
    if not named and not (second and _is_other(first[0], second[0])):
        return []
    if named.count("code") != 1 or len(set(named)) < len(named):
        raise Refused(
            "VALIDATION_ERROR",
            _("The first line looks like heads, but not like these: code, serial, expires, each once. Name them so."),
        )
    return columns


def _is_other(first: str, second: str) -> bool:
    """Whether the first is a word and the second a code: codes of one file are of one length, and most have digits."""
    return len(first) != len(second) and not _DIGIT.search(first) and bool(_DIGIT.search(second))


def _line(number: int, cells: dict[str, str], has_too_many: bool) -> Line:
    """One line's code. Raises ValueError with what is wrong with it, in words for staff."""
    if has_too_many:
        raise ValueError(_("More columns than code, serial and expiry date."))
    code, serial = " ".join(cells.get("code", "").split()), cells.get("serial", "")
    if not LEAST_LETTERS <= len(code) <= MOST_LETTERS or len(serial) > MOST_LETTERS:
        raise ValueError(
            _("A code has %(least)d to %(most)d characters.") % {"least": LEAST_LETTERS, "most": MOST_LETTERS}
        )
    if any(_FORMULA.match(cell) for cell in (code, serial)):
        raise ValueError(_("This begins like a formula. No code begins with = + - or @."))
    if any(_SPOILED.match(cell) for cell in (code, serial)):
        raise ValueError(_("A spreadsheet has rounded this number. Export the file again with the column as text."))
    if not (code + serial).isascii() or not (code + serial).isprintable():
        raise ValueError(_("Only letters, digits and signs of a plain keyboard."))
    return Line(number, Secret(code, serial), _expiry(cells.get("expires", "")))


def _expiry(cell: str) -> date | None:
    if not cell:
        return None
    for form in _DATES:
        try:
            day = datetime.strptime(cell, form).date()  # noqa: DTZ007  (a day on a card has no zone)
        except ValueError:
            continue
        if day <= timezone.localdate():
            raise ValueError(_("It has expired, or does so today."))
        return day
    raise ValueError(_("This is not a date. Write it as 2027-12-31."))


def draft(
    to: CodeStock, content: bytes, *, file_name: str, cost: Money, expires_on: date | None, note: str, by: str
) -> CodeBatch:
    """The file's codes stand sealed as a DRAFT with what was refused: the dry run. `expires_on` is for lines that have
    no day of their own, `cost` what one code cost.

    A code that is or was in any stock is refused by its keyed digest, under whichever of the keys it was stored.
    Raises VALIDATION_ERROR for an unreadable file, or one with nothing good in it.
    """
    if cost.currency != to.product.account.currency or cost.minor < 0:
        raise Refused("VALIDATION_ERROR", _("Give the cost of one code."))
    if expires_on is not None and expires_on <= timezone.localdate():
        raise Refused("VALIDATION_ERROR", _("The last day to redeem is over, or is today: none of them could be sold."))
    lines, problems = read(content)
    known = _known(lines)
    problems += [
        Problem(line.number, _("This code was imported before.")) for line in lines if line.number in known
    ]  # fmt: skip
    good = [line for line in lines if line.number not in known]
    told = [{"line": one.line, "problem": one.problem} for one in sorted(problems, key=lambda one: one.line)]
    if not good:
        raise Refused(
            "VALIDATION_ERROR",
            _("Not one line can be taken. The first: line %(line)d. %(problem)s") % told[0]
            if told
            else _("There is no code in this file."),
        )
    try:
        with transaction.atomic():
            batch = CodeBatch.objects.create(
                stock=to, file_name=file_name[:120], cost_minor=cost.minor, good=len(good), refused=told[:1000],
                note=note[:200], added_by=by,
            )  # fmt: skip
            Code.objects.bulk_create((_row(batch, line, expires_on) for line in good), batch_size=1000)
            read_and_refused = {"good": len(good), "refused": len(told)}
            audit.record(by, "codes read", str(batch), after=read_and_refused, why=note)
    except IntegrityError as problem:
        raise Refused("VALIDATION_ERROR", _("Somebody is importing the same codes right now. Look again.")) from problem
    return batch


def _row(batch: CodeBatch, line: Line, expires_on: date | None) -> Code:
    row = Code(
        product=batch.stock.product,
        batch=batch,
        expires_on=line.expires_on or expires_on,
        cost_minor=batch.cost_minor,
    )
    secret.put(row, line.secret)
    return row


def _known(lines: list[Line]) -> set[int]:
    """Numbers of the lines whose code is in the database already."""
    numbers = {digest: line.number for line in lines for digest in secret.digests(line.secret.code)}
    found: set[int] = set()
    all_digests = list(numbers)
    for start in range(0, len(all_digests), 5000):
        stored = Code.objects.filter(digest__in=all_digests[start : start + 5000]).values_list("digest", flat=True)
        found |= {numbers[digest] for digest in stored}
    return found


def put_on_sale(batch: CodeBatch, *, by: str, why: str = "") -> int:
    """The draft's codes are in stock, paid for in the ledger, and units that waited for one are due; how many.

    Raises VALIDATION_ERROR for a batch that is no draft any more.
    """
    with transaction.atomic():
        _decide(batch, CodeBatch.State.ON_SALE, by)
        count = batch.codes.filter(state=Code.State.DRAFT).update(state=Code.State.FREE)
        product = batch.stock.product
        SupplierProduct.objects.filter(pk=product.pk).update(cost_minor=batch.cost_minor, seen_at=timezone.now())
        cost = Money(batch.cost_minor, product.account.currency) * count
        if cost:
            ledger.transfer(
                f"codes:{batch.pk}",
                ledger.house(Account.Kind.EXTERNAL, cost.currency),
                ledger.house(Account.Kind.PREPAID, cost.currency, product.account.code),
                cost,
                "codes bought",
                note=str(batch),
            )
        audit.record(by, "codes on sale", str(batch), after={"codes": count, "cost": str(cost)}, why=why)
    stock.filled(product)
    return count


def discard(batch: CodeBatch, *, by: str, why: str = "") -> None:
    """The draft's codes are gone, and the same file may be read again. Raises VALIDATION_ERROR if it is no draft."""
    with transaction.atomic():
        _decide(batch, CodeBatch.State.DISCARDED, by)
        batch.codes.filter(state=Code.State.DRAFT).delete()
        audit.record(by, "codes discarded", str(batch), why=why)


def discard_forgotten(now: datetime | None = None) -> None:
    """Drafts that nobody decided on for a day are discarded, so that their codes can be imported after all."""
    oldest = (now or timezone.now()) - _DRAFTS_KEPT
    for batch in CodeBatch.objects.filter(state=CodeBatch.State.DRAFT, added_at__lt=oldest)[:20]:
        with suppress(Refused):  # somebody has decided on it meanwhile
            discard(batch, by="fulfilment")


def _decide(batch: CodeBatch, to: CodeBatch.State, by: str) -> None:
    moved = CodeBatch.objects.filter(pk=batch.pk, state=CodeBatch.State.DRAFT).update(
        state=to, decided_by=by, decided_at=timezone.now()
    )
    if not moved:
        raise Refused("VALIDATION_ERROR", _("This file has been decided on before."))


def summary(batch: CodeBatch) -> str:
    """What the dry run found, in a sentence for staff."""
    return _("%(good)d codes can be sold, %(bad)d lines were refused.") % {
        "good": batch.good,
        "bad": len(batch.refused),
    }
