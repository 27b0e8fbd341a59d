"""What only the mail itself may say."""

from django import template

from core.sealing import unseal

register = template.Library()


@register.filter
def unsealed(sealed: str) -> str:
    """A sealed token as it was, while the mail is being written: the outbox keeps it sealed."""
    return unseal(sealed)
