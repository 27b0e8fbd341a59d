"""Makes a demo store ready for a storm: members, a promo, enough codes, ways to pay that expire soon.

`python -m tests.chaos.stock_up ORDERS MEMBERS`, in the store's environment.
"""

from __future__ import annotations

import os
import sys

#: Ways to pay whose time is over before the storm is, so that money can come too late.
LATE_CHANNELS = ("LINKAJA", "ALFAMART")
LATE_SECONDS = 20
PROMO = "STORM"
PASSWORD = "storm-Passw0rd!"


def member_email(number: int) -> str:
    return f"member{number}@example.com"


def main(orders: int, members: int) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

    from django.contrib.auth.hashers import make_password
    from django.utils import timezone

    from accounts.models import User
    from core.models import Region
    from core.money import Money
    from fulfilment.codes import importing
    from fulfilment.codes import stock as stocks
    from fulfilment.models import SupplierProduct
    from storefront.catalogue.models import ProductClosure, Sku
    from storefront.channels.models import Channel, ChannelClosure
    from storefront.promos.models import Promo

    home = Region.objects.get(code="ID")
    password = make_password(PASSWORD)
    for number in range(members):
        User.objects.create(
            email=member_email(number), first_name="Storm", password=password, primary_region=home,
            current_region=home, email_verified_at=timezone.now(),
        )  # fmt: skip
    Promo.objects.create(code=PROMO, region=home, title={"en": "Storm"}, flat_minor=1000, max_usage=10 * orders)
    # At whatever hour the storm is: nothing closes.
    ChannelClosure.objects.all().delete()
    ProductClosure.objects.all().delete()
    Channel.objects.filter(code__in=LATE_CHANNELS, region=home).update(payment_seconds=LATE_SECONDS)
    pile = stocks.open_for(Sku.objects.get(code="GOOGLEPLAY_20000"), by="storm")
    lines = "\n".join(f"STORM-{number:06d}-CODE" for number in range(orders))
    cost = Money(17_000, pile.product.account.currency)
    batch = importing.draft(
        pile, lines.encode(), file_name="storm.txt", cost=cost, expires_on=None, note="storm", by="storm"
    )
    importing.put_on_sale(batch, by="storm")
    # A shop that has sold each of them before: until then a lost purchase is a person's to judge (decisions/0010).
    SupplierProduct.objects.filter(account__code="gemgo").update(name_proved_at=timezone.now())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
