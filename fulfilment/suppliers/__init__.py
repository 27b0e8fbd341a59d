"""The adapters by the code that SupplierAccount and Product.check_supplier carry."""

from __future__ import annotations

from fulfilment.suppliers.base import Supplier
from fulfilment.suppliers.gemgo import GemGo

_ADAPTERS: dict[str, Supplier] = {GemGo.code: GemGo()}


def for_code(code: str) -> Supplier:
    """The adapter of that supplier. Raises KeyError for a code nobody speaks."""
    return _ADAPTERS[code]
