"""Wires what happens later (finishing orders, callbacks, webhooks, expiry) to the scheduler."""

from sandbox.digiflazz import orders as digiflazz_orders
from sandbox.digiflazz import webhooks as digiflazz_webhooks
from sandbox.gemgo import callbacks, orders
from sandbox.hitpay import refunds as hitpay_refunds
from sandbox.hitpay import webhooks as hitpay_webhooks
from sandbox.midtrans import payments as midtrans_payments
from sandbox.midtrans import refunds as midtrans_refunds
from sandbox.midtrans import webhooks as midtrans_webhooks
from sandbox.payables import expiring
from sandbox.state import database, faults, schedule
from sandbox.xendit import refunds, requests, webhooks


def start() -> None:
    """Afterwards the state is open, faults are as before the last stop, and overdue work has been taken up."""
    database.prepare()
    faults.load()
    schedule.start(
        sweeps=[orders.finish_due, digiflazz_orders.finish_due, expiring.expire_due],
        handlers={
            callbacks.SEND: callbacks.send,
            orders.FLIP: orders.flip_to_failed,
            digiflazz_webhooks.SEND: digiflazz_webhooks.send,
            digiflazz_orders.FLIP: digiflazz_orders.give_back,
            webhooks.SEND: webhooks.send,
            refunds.FINISH: refunds.finish,
            requests.SIMULATE: requests.simulate_payment,
            hitpay_webhooks.SEND: hitpay_webhooks.send,
            hitpay_refunds.FINISH: hitpay_refunds.finish,
            midtrans_webhooks.SEND: midtrans_webhooks.send,
            midtrans_refunds.FINISH: midtrans_refunds.finish,
            midtrans_payments.REVERSE: midtrans_payments.reverse_later,
            midtrans_payments.SETTLE: midtrans_payments.settle_later,
        },
    )
