"""Midtrans' refusals: a result code as text in the body, under HTTP 200 but for a few."""

#: Codes that are also the HTTP status; all others come under HTTP 200.
REAL_STATUSES = (401, 404, 429, 500, 503)
MESSAGES = {
    400: "One or more parameters in the payload is invalid.",
    401: "Transaction cannot be authorized with the current client/server key.",
    404: "Transaction doesn't exist.",
    406: "The request could not be completed due to a conflict with the current state of the target resource",
    412: "Merchant cannot modify the status of the transaction",
    413: "The request cannot be processed due to malformed syntax in the request body",
    414: "Refund request is rejected due to invalid amount",
    429: "API rate limit exceeded",
    500: "Internal Server Error",
    503: "Bank or partner is experiencing connection issue",
}


class Refused(Exception):
    """A call that Midtrans refuses; `details` are its validation messages."""

    def __init__(self, code: int, *details: str) -> None:
        super().__init__(MESSAGES[code])
        self.code, self.message, self.details = code, MESSAGES[code], details

    @property
    def status(self) -> int:
        return self.code if self.code in REAL_STATUSES else 200
