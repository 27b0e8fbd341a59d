"""The storefront's models, by subject, in import order."""

from storefront.catalogue.models import (
    Category,
    MemberDiscount,
    Product,
    ProductClosure,
    ProductField,
    ProductRegion,
    Section,
    Sku,
    SkuPrice,
)
from storefront.channels.models import Channel, ChannelCategory, ChannelClosure
from storefront.content.models import Banner, Contact, Language, Popup, Question
from storefront.inquiries.models import Inquiry
from storefront.orders.models import Order, OrderEvent
from storefront.players.models import OperatorPrefix, PlayerMark
from storefront.promos.models import Promo, PromoSlot

__all__ = [
    "Banner", "Category", "Channel", "ChannelCategory", "ChannelClosure", "Contact", "Inquiry", "Language",
    "MemberDiscount", "OperatorPrefix", "Order", "OrderEvent", "PlayerMark", "Popup", "Product",
    "ProductClosure", "ProductField", "ProductRegion", "Promo", "PromoSlot", "Question", "Section", "Sku", "SkuPrice",
]  # fmt: skip
