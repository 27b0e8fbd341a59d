"""What Digiflazz's response codes (`rc`) mean, as its documentation lists them. A code that is not here says nothing:
the purchase stays open and is asked for again."""

from __future__ import annotations

from fulfilment.suppliers.base import Meaning

DONE = "00"
# 03 (pending) and 99 (their router is in trouble, pending for all that) stand in no table: they are simply open.

#: Our key, name, address or account: they let nobody in, whatever was asked for.
OUR_FAULT = {
    "40": "payload",
    "41": "signature",
    "42": "user name",
    "45": "our address is not on their list",
    "82": "our account is not verified",
    "88": "our account is blocked",
}

#: Only a person can tell what happened: made by another buyer, a reference that was used before, not found.
STAFF = {"47": "made by another buyer", "49": "the reference is not unique", "50": "not found"}

#: Failures by their word, that may yet come true: final only when the purchase is asked for once more.
FINAL_WHEN_ASKED = {
    "01": Meaning.PRODUCT,  # time-out
    "70": Meaning.PRODUCT,  # time-out of the biller
    "85": Meaning.LATER,  # the same purchase within a minute
    "86": Meaning.LATER,
}

#: Final refusals: what they speak of, and whether a transaction had been formed.
REFUSALS: dict[str, tuple[Meaning, bool]] = {
    "02": (Meaning.PRODUCT, True),  # failed
    "43": (Meaning.PRODUCT, False),  # no such SKU, or switched off
    "44": (Meaning.BALANCE, False),  # our deposit is too low
    "51": (Meaning.PLAYER, True),  # the number is blocked
    "52": (Meaning.PLAYER, True),  # the prefix is another operator's
    "53": (Meaning.PRODUCT, True),  # not available at the seller
    "54": (Meaning.PLAYER, True),  # wrong number
    "55": (Meaning.PRODUCT, True),  # out of order
    "56": (Meaning.PRODUCT, False),  # the seller's own limit
    "57": (Meaning.PLAYER, True),  # too many or too few digits
    "58": (Meaning.LATER, True),  # closing time
    "59": (Meaning.PLAYER, True),  # the number lies outside the area
    "60": (Meaning.PLAYER, True),  # no bill for that number yet
    "61": (Meaning.BALANCE, False),  # we never deposited anything
    "62": (Meaning.PRODUCT, False),  # the seller is in trouble
    "63": (Meaning.PRODUCT, False),  # not twice a day for the same number
    "64": (Meaning.PRODUCT, False),  # a deposit ticket is refused
    "65": (Meaning.PRODUCT, False),  # limit of repetitions
    "66": (Meaning.PRODUCT, False),  # the seller mends its system
    "67": (Meaning.PRODUCT, False),  # the seller is not verified
    "68": (Meaning.PRODUCT, False),  # out of stock
    "69": (Meaning.PRICE, False),  # dearer than `max_price`
    "71": (Meaning.PRODUCT, True),  # unstable
    "72": (Meaning.PLAYER, True),  # the number has to leave another pack first
    "73": (Meaning.PRODUCT, True),  # more kWh than the meter may have
    "74": (Meaning.PRODUCT, True),  # given back, also after a success
    "80": (Meaning.PRODUCT, False),  # the seller has blocked us
    "81": (Meaning.PRODUCT, False),  # we have blocked the seller
    "84": (Meaning.PRODUCT, True),  # no such amount
    "87": (Meaning.PRODUCT, False),  # e-money goes by thousands
}
