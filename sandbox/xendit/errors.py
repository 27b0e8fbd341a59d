"""Xendit's refusals: `{"error_code", "message"}` with the HTTP status that belongs to the code."""

_STATUS = {
    "API_VALIDATION_ERROR": 400, "INVALID_API_KEY": 401, "DATA_NOT_FOUND": 404, "DUPLICATE_ERROR": 409,
    "INACTIVE_PAYMENT_REQUEST": 400, "INELIGIBLE_TRANSACTION_STATUS": 400, "REFUND_AMOUNT_EXCEEDED": 400,
    "REFUND_NOT_SUPPORTED": 403, "INVALID_MERCHANT_SETTINGS": 403, "RATE_LIMIT_EXCEEDED": 429, "SERVER_ERROR": 500,
    "CHANNEL_UNAVAILABLE": 503, "INVALID_AMOUNT": 400, "INVALID_PAYMENT_CHANNEL": 400, "INVALID_CURRENCY": 400,
    "INVALID_COUNTRY": 400, "INVALID_URL": 400, "INVALID_EXPIRY_DATE": 400, "MISSING_CUSTOMER": 400,
    "SESSION_IN_PROGRESS": 400,
}  # fmt: skip


class Refused(Exception):
    """A call that Xendit refuses."""

    def __init__(self, error_code: str, message: str) -> None:
        super().__init__(message)
        self.error_code, self.message, self.status = error_code, message, _STATUS[error_code]
