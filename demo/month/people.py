"""Who bought in the demo's month. Addresses end in .example, so that no mail ever reaches anybody."""

from __future__ import annotations

from accounts.models import Level

#: first name, last name, region, the level their volume earns, how often they buy against the others
MEMBERS = (
    ("Budi", "Santoso", "ID", Level.ROYAL, 9), ("Sinta", "Maharani", "ID", Level.ROYAL, 8),
    ("Agus", "Setiawan", "ID", Level.PRESTIGE, 5), ("Rina", "Kusuma", "ID", Level.PRESTIGE, 5),
    ("Fajar", "Nugroho", "ID", Level.PRESTIGE, 4), ("Putri", "Handayani", "ID", Level.CLASSIC, 2),
    ("Yoga", "Firmansyah", "ID", Level.CLASSIC, 2), ("Mega", "Puspita", "ID", Level.CLASSIC, 2),
    ("Dimas", "Ardiansyah", "ID", Level.CLASSIC, 2), ("Laras", "Wulandari", "ID", Level.CLASSIC, 1),
    ("Hendra", "Gunawan", "ID", Level.CLASSIC, 1), ("Nabila", "Azzahra", "ID", Level.CLASSIC, 1),
    ("Aiman", "Rahman", "MY", Level.CLASSIC, 2), ("Siew Ling", "Tan", "MY", Level.CLASSIC, 1),
    ("Marco", "Reyes", "PH", Level.CLASSIC, 2), ("Angelica", "Cruz", "PH", Level.CLASSIC, 1),
    ("Wei Jie", "Lim", "SG", Level.CLASSIC, 1), ("Somchai", "Prasert", "TH", Level.CLASSIC, 1),
)  # fmt: skip
GUESTS = (
    "adit", "bayu", "cahya", "dinda", "eka", "farah", "galih", "hana", "indra", "jihan", "krisna", "lina", "maya",
    "nando", "okta", "prima", "reza", "salsa", "tiara", "umar", "vina", "wahyu", "yudha", "zahra",
)  # fmt: skip
NICKNAMES = (
    "KopiSusu", "Elang Jawa", "Mawar", "NightOwl", "BangJago", "りん", "Sultan99", "Pempek", "xBima", "Cendol",
    "Kucing Oren", "Badai", "Senja", "Rajawali", "Onde-onde", "Petir",
)  # fmt: skip
