"""The adapters by the code that SupplierAccount and Product.check_supplier carry."""

from __future__ import annotations

from fulfilment.suppliers.base import ChecksPlayers, KnowsReference, Supplier, TellsHistory
from fulfilment.suppliers.digiflazz import Digiflazz
from fulfilment.suppliers.gemgo import GemGo

_gemgo, _digiflazz = GemGo(), Digiflazz()
_WITH_HISTORY: dict[str, TellsHistory] = {_gemgo.code: _gemgo}
_BY_REFERENCE: dict[str, KnowsReference] = {_digiflazz.code: _digiflazz}
_CHECKERS: dict[str, ChecksPlayers] = {_gemgo.code: _gemgo}


def for_code(code: str) -> Supplier:
    """The adapter of that supplier. Raises KeyError for a code nobody speaks."""
    return _BY_REFERENCE[code] if code in _BY_REFERENCE else _WITH_HISTORY[code]


def with_history(code: str) -> TellsHistory:
    """The adapter, of a supplier that tells its history; KeyError for another kind."""
    return _WITH_HISTORY[code]


def by_reference(code: str) -> KnowsReference:
    """The adapter, of a supplier that knows our references; KeyError for another kind."""
    return _BY_REFERENCE[code]


def player_checker(code: str) -> ChecksPlayers:
    """Whoever says who a player is. Raises KeyError for a supplier that does not."""
    return _CHECKERS[code]


def codes_with_history() -> list[str]:
    return list(_WITH_HISTORY)


def codes_by_reference() -> list[str]:
    return list(_BY_REFERENCE)
