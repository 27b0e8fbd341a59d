"""The storefront in the back office. Orders are registered where their later stages are known (fulfilment.admin)."""

from storefront.admin import catalogue as catalogue
from storefront.admin import channels as channels
from storefront.admin import content as content
from storefront.admin import promos as promos
