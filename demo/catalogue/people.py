"""Who may sign in to the demo."""

from __future__ import annotations

PASSWORD = "demo-Passw0rd!"
#: e-mail, first name, last name, groups, superuser; whoever has a group or is superuser is staff
PEOPLE = (
    ("customer@example.com", "Kirana", "Lestari", (), False),
    ("staff@example.com", "Sari", "Wibowo", ("Support",), False),
    ("ops@example.com", "Bagas", "Pratama", ("Operations",), False),
    ("admin@example.com", "Ayu", "Maharani", (), True),
)
#: What members of a group may do, by action and app: Support answers and resolves cases and prepares pay-outs,
#: Operations keeps the shop, decides about refunds and approves pay-outs, so that the rule of two persons can be seen.
GROUPS = {
    "Support": (
        ("view", "storefront"), ("view", "payments"), ("view", "fulfilment"), ("view", "core"), ("view", "accounts"),
        ("change", "core.staffcase"), ("change", "fulfilment.problemreport"),
        ("change", "payments.payout"),
    ),
    "Operations": (
        ("view", "storefront"), ("add", "storefront"), ("change", "storefront"), ("view", "payments"),
        ("view", "fulfilment"), ("add", "fulfilment"), ("change", "fulfilment"), ("view", "core"),
        ("change", "core.staffcase"), ("change", "core.discrepancy"),
        ("change", "payments.refund"), ("change", "payments.payout"), ("approve", "payments.payout"),
    ),
}  # fmt: skip
