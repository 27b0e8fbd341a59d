"""The kinds of things that may need a second person. The stage that carries one out registers it at its start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.approvals.models import Approval
from core.errors import Text

#: Does what was asked for and says in a few words what came of it. Runs inside the approval's transaction, so that it
#: happens once and with its approval or not at all: rows only, no call to anybody outside. May raise Refused.
CarryOut = Callable[[Approval, str, str], str]
#: It was refused or lapsed: whatever waited for it waits no more. Arguments: the approval, by whom ("" lapsed), why.
GiveUp = Callable[[Approval, str, str], None]


def _nothing_waits(approval: Approval, by: str, why: str) -> None: ...


def _none_alone() -> Mapping[str, int]:
    return {}


@dataclass(frozen=True, slots=True)
class Kind:
    """`permission` is asked of who approves. `limits`: what one person may do alone, by currency (in its smallest unit)
    or by another unit of the kind's own; nothing for a unit that is not named. Read each time."""

    code: str
    title: Text
    permission: str
    carry_out: CarryOut | None = None
    give_up: GiveUp = _nothing_waits
    limits: Callable[[], Mapping[str, int]] = _none_alone
    lives: timedelta = timedelta(days=3)


_known: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """The kind can be asked for from now on."""
    _known[kind.code] = kind


def named(code: str) -> Kind:
    """Raises KeyError for one that nobody registered: a mistake of ours."""
    return _known[code]


def all_kinds() -> list[Kind]:
    return [_known[code] for code in sorted(_known)]


def choices() -> list[tuple[str, Any]]:
    return [(kind.code, kind.title) for kind in all_kinds()]
