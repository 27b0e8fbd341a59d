"""How the machinery does just now: queues, tasks, the clock, and the parties that are called.

Everything here is counted in Redis, bounded in rows and in time, and lost with it without harm; no step of an order
reads it. The live page of the back office, /metrics and the alerts take their figures from these functions alike.
"""
