"""Takes guards out of a store under test, so that the oracle can show that it sees what they prevent.

Python imports this by itself where its folder is on PYTHONPATH; which guards, `STORM_WITHOUT` says. The store knows
nothing of it.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import secrets
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def _resend(sending: ModuleType) -> None:
    """A call whose outcome is unknown counts as failed, and the unit is bought again."""
    call, outcome = sending._call, sending.Outcome

    def careless(*args: Any) -> Any:
        placed = call(*args)
        return dataclasses.replace(placed, outcome=outcome.NOT_SENT) if placed.outcome == outcome.UNKNOWN else placed

    sending._call = careless  # type: ignore[attr-defined]


def _recount(settling: ModuleType) -> None:
    """Each time money is seen it counts as another capture."""
    settle = settling.settle

    def careless(payment_id: int, capture: Any, **how: Any) -> Any:
        return settle(payment_id, dataclasses.replace(capture, ref=f"{capture.ref}.{secrets.token_hex(4)}"), **how)

    settling.settle = careless  # type: ignore[attr-defined]


#: By guard: the module it is in, and what is done to it.
GUARDS: dict[str, tuple[str, Callable[[ModuleType], None]]] = {
    "unknown-outcome": ("fulfilment.sending", _resend),
    "unique-capture": ("payments.settling", _recount),
}


class _Spoiled(Loader):
    def __init__(self, loader: Loader, spoil: Callable[[ModuleType], None]) -> None:
        self._loader, self._spoil = loader, spoil

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._spoil(module)


class _Spoiler(MetaPathFinder):
    def __init__(self, spoilt: dict[str, Callable[[ModuleType], None]]) -> None:
        self._spoilt = spoilt

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spoil = self._spoilt.pop(name, None)
        if spoil is None:
            return None
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _Spoiled(spec.loader, spoil)
        return spec


_wanted = [name for name in os.environ.get("STORM_WITHOUT", "").split(",") if name]
if _wanted:
    sys.meta_path.insert(0, _Spoiler(dict(GUARDS[name] for name in _wanted)))
