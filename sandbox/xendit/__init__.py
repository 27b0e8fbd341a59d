"""Xendit: Payment Requests v3, Sessions (hosted card page), refunds and webhooks."""
