"""A row's state in words: a badge of its own colour in a list, the words alone on the row's page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display


class Worded(tuple[str, Any]):
    """A state and its words. The theme makes a badge of such a pair in a list; on a page it would print the pair."""

    __slots__ = ()

    def __html__(self) -> SafeString:
        return escape(str(self[1]))


class Looks(dict[str, str]):
    """The badges' colours by state; a state that is not named has the plain one."""

    def __missing__(self, state: str) -> str:
        return "default"


def state_column(looks: Mapping[str, str], column: str = "state", *, title: Any = None) -> Callable[[Any, Any], Worded]:
    """A list or page column that tells `column` (one of a model's choices) in words."""

    @display(description=title or _("state"), label=Looks(looks))  # type: ignore[untyped-decorator]
    def shown(_admin: Any, row: Any) -> Worded:
        return Worded((getattr(row, column), getattr(row, f"get_{column}_display")()))

    return shown  # type: ignore[no-any-return]
