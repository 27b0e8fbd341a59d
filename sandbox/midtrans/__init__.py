"""Midtrans: Core API, Snap (hosted card page), refunds and signed notifications."""
