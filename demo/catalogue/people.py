"""Who may sign in to the demo."""

from __future__ import annotations

PASSWORD = "demo-Passw0rd!"
#: What the authenticator apps of all demo staff are set up with, in base32; as public as the password.
TOTP_SECRET = "GERBANGDEMO2TOPUPSTORE7STAFFCODE"
#: e-mail, first name, last name, role ("" for a customer), superuser; whoever has a role is staff
PEOPLE = (
    ("customer@example.com", "Kirana", "Lestari", "", False),
    ("staff@example.com", "Sari", "Wibowo", "support", False),
    ("finance@example.com", "Dewi", "Anggraini", "finance", False),
    ("catalogue@example.com", "Rangga", "Saputra", "catalogue", False),
    ("marketing@example.com", "Intan", "Permata", "marketing", False),
    ("ops@example.com", "Bagas", "Pratama", "ops", False),
    ("admin@example.com", "Ayu", "Maharani", "owner", True),
)
