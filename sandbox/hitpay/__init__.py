"""HitPay: payment requests with embedded QR codes, its hosted page, refunds, and webhooks in both forms."""
