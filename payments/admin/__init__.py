"""Payments, captures, refunds and the ledger in the back office: to be read; refunds and pay-outs have verbs."""

from payments.admin import deposits as deposits
from payments.admin import gateway_fees as gateway_fees
from payments.admin import ledger as ledger
from payments.admin import payments as payments
from payments.admin import payouts as payouts
from payments.admin import points as points
from payments.admin import refunds as refunds
