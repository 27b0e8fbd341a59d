"""HitPay's refusals: Laravel's bodies, by HTTP status, without codes."""


class Refused(Exception):
    """A call that HitPay refuses; a field's name makes it a validation error."""

    def __init__(self, status: int, message: str, field: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.field = status, message, field
