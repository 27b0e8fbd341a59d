"""Wires what happens later (finishing orders, callbacks, webhooks, expiry) to the scheduler."""

from sandbox.gemgo import callbacks, orders
from sandbox.state import database, faults, schedule
from sandbox.xendit import refunds, requests, webhooks


def start() -> None:
    """Afterwards the state is open, faults are as before the last stop, and overdue work has been taken up."""
    database.prepare()
    faults.load()
    schedule.start(
        sweeps=[orders.finish_due, requests.expire_due],
        handlers={
            callbacks.SEND: callbacks.send,
            orders.FLIP: orders.flip_to_failed,
            webhooks.SEND: webhooks.send,
            refunds.FINISH: refunds.finish,
            requests.SIMULATE: requests.simulate_payment,
        },
    )
