"""The back office of fulfilment: the order's one page, and our accounts at suppliers."""

from fulfilment.admin import arrivals as arrivals
from fulfilment.admin import attempts as attempts
from fulfilment.admin import books as books
from fulfilment.admin import codes as codes
from fulfilment.admin import customers as customers
from fulfilment.admin import orders as orders
from fulfilment.admin import pricing as pricing
from fulfilment.admin import problems as problems
from fulfilment.admin import reconciling as reconciling
from fulfilment.admin import routes as routes
from fulfilment.admin import staff_tokens as staff_tokens
from fulfilment.admin import start as start
from fulfilment.admin import suppliers as suppliers
