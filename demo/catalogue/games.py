"""The games that sell most, written out in full; the rest of the shelf stands in more_games.py."""

from __future__ import annotations

from demo.catalogue import fields
from demo.catalogue.shapes import Field, Goods, Lists, amounts, both, everywhere, home_and_abroad, named, only_home

GAME_MARGIN = 14
FEATURES: Lists = {
    "id": [
        "Masuk dalam hitungan menit, siang dan malam",
        "Nickname dicek sebelum kamu bayar",
        "Tanpa login dan tanpa kata sandi",
        "Gagal kirim, uang kembali otomatis",
    ],
    "en": [
        "Arrives within minutes, day and night",
        "We check the nickname before you pay",
        "No login, no password",
        "If it cannot be delivered, the money comes back by itself",
    ],
}
SECTIONS = {
    "special-item": both("Spesial Item", "Specials"),
    "topup-instant": both("Topup Instan", "Instant top-up"),
    "all-items": both("Semua Item", "All items"),
}


def steps(inputs: Lists | str, goods: str) -> Lists:
    """How to order, from what has to be typed to what then arrives."""
    typed = inputs if isinstance(inputs, dict) else {"id": [inputs], "en": [inputs]}
    return {
        "id": [
            f"Masukkan {typed['id'][0]}",
            f"Pilih nominal {goods} yang diinginkan",
            "Pilih metode pembayaran",
            "Selesaikan pembayaran",
            f"{goods} akan masuk otomatis",
        ],
        "en": [
            f"Enter your {typed['en'][0]}",
            f"Choose how many {goods} you want",
            "Choose how to pay",
            "Complete the payment",
            f"The {goods} arrive by themselves",
        ],
    }


_MLBB_BONUS = {"12": (11, 1), "19": (17, 2), "28": (25, 3), "44": (40, 4), "59": (53, 6), "86": (78, 8),
               "172": (156, 16), "257": (234, 23), "344": (312, 32), "706": (625, 81), "2195": (1860, 335),
               "4830": (4003, 827)}  # fmt: skip


def _mlbb_overrides() -> dict[str, dict[str, object]]:
    made: dict[str, dict[str, object]] = {}
    for amount, (plain, bonus) in _MLBB_BONUS.items():
        text = f"{amount} ({plain}+{bonus}) Diamonds"
        made[amount] = {
            "description": both(text, text),
            "info": both(f"Bonus +{bonus} Diamonds", f"Bonus +{bonus} Diamonds"),
        }
    made["86"]["prices"] = {"ID": (24_750, 25_000)}
    made["172"] |= {
        "prices": {"ID": (49_450, 50_000)},
        "section": "special-item",
        "is_featured": True,
        "badge": both("Paling laris", "Best seller"),
        "badge_color": "#FF6B6B",
    }
    made["4830"]["sold_out_in"] = ("ID",)
    return made


MOBILE_LEGENDS = Goods(
    code="MLBB",
    slug="mobile-legends",
    name="Mobile Legends",
    title="Mobile Legends: Bang Bang",
    subtitle="Moonton",
    publisher="Moonton",
    category="top-up-game",
    description=both(
        "Top up diamond Mobile Legends dengan proses cepat dan aman. Dapatkan diamond untuk membeli hero, skin, dan"
        " item premium lainnya.",
        "Top up Mobile Legends diamonds, quickly and safely. Diamonds buy heroes, skins and other premium items.",
    ),
    fields=(
        fields.user_id(
            least=1, hint=both("Cek di profil game, menu bagian kanan atas", "See your profile in the game, top right")
        ),
        fields.zone_id(),
    ),
    games=home_and_abroad("mlbb_id", "mlbb"),
    items=(
        named(
            "MLBB_WDP", "Weekly Diamond Pass", "1_weekly_pass", {"mlbb_id": 155, "mlbb": 170},
            section="special-item", is_featured=True, off_percent=3,
            description=both("80 Diamonds sekarang, 20 setiap hari selama 7 hari",
                "80 diamonds now, 20 a day for 7 days"),
            info=both("Total 220 Diamonds", "220 diamonds in all"),
        ),
        named(
            "MLBB_TWILIGHT", "Twilight Pass", "1_twilight_pass", {"mlbb_id": 820, "mlbb": 860},
            section="special-item", max_quantity=1,
            description=both("Satu kali per akun", "Once per account"), info=both("Bonus skin", "With a bonus skin"),
        ),
        *amounts(
            "MLBB",
            {
                "mlbb_id": "5:8 12:19 19:30 28:43 44:68 59:91 86:132 172:264 257:393 344:526 706:1070 2195:3260"
                " 4830:7140",
                "mlbb": "28:46 44:72 59:96 86:140 172:280 257:417 100:150 344:558 706:1134 2195:3456",
            },
            unit="Diamonds", supplier_unit="diamonds", overrides=_mlbb_overrides(), off={"706": 4, "2195": 5},
            # Nobody upstream sells 514; 344 goes out whole, and in two pieces where that cannot be had.
            composed={"344": {"172": 2}, "514": {"257": 2}},
        ),
    ),
    margin_percent=GAME_MARGIN,
    features=FEATURES,
    how_to_order={
        "id": [
            "Masukkan User ID dan Zone ID",
            "Pilih nominal diamond yang diinginkan",
            "Pilih metode pembayaran",
            "Selesaikan pembayaran",
            "Diamond akan masuk otomatis",
        ],
        "en": [
            "Enter your User ID and Zone ID",
            "Choose how many diamonds you want",
            "Choose how to pay",
            "Complete the payment",
            "The diamonds arrive by themselves",
        ],
    },
    tags=("MOBA", "Multiplayer", "Strategy"),
    search_words="ml mlbb mole moba legend bang",
    palette="tarum",
    glyph="swords",
    is_popular=True,
    zone_field="zoneId",
    sections=SECTIONS,
)  # fmt: skip

FREE_FIRE = Goods(
    code="FF",
    slug="free-fire",
    name="Free Fire",
    subtitle="Garena",
    publisher="Garena International",
    category="top-up-game",
    description=both(
        "Top up diamond Free Fire instan tanpa ribet. Cukup User ID, diamond langsung masuk ke akunmu.",
        "Free Fire diamonds without the fuss: your User ID is all it takes, and they go straight to your account.",
    ),
    fields=(fields.user_id(least=8, placeholder="1234567890"),),
    games=home_and_abroad("freefire", "freefire_global"),
    items=(
        named(
            "FF_WEEKLY", "Weekly Membership", "1_weekly_membership", {"freefire": 168},
            section="special-item", is_featured=True, off_percent=3,
            info=both("450 Diamonds dalam 7 hari", "450 diamonds over 7 days"),
        ),
        named(
            "FF_MONTHLY", "Monthly Membership", "1_monthly_membership", {"freefire": 505},
            section="special-item", info=both("2.600 Diamonds dalam 30 hari", "2,600 diamonds over 30 days"),
        ),
        *amounts(
            "FF",
            {
                "freefire": "5:5 12:10 50:40 70:56 140:111 210:166 355:277 720:555 1450:1105 2180:1655 7290:5490",
                "freefire_global": "25:25 50:48 100:92 310:280 520:465 1060:920 2180:1830 5600:4550",
            },
            unit="Diamonds", supplier_unit="diamonds", off={"140": 2, "355": 3, "720": 4, "310": 3, "1060": 4},
        ),
    ),
    margin_percent=GAME_MARGIN,
    features=FEATURES,
    how_to_order=steps("User ID", "Diamonds"),
    tags=("Battle Royale", "Shooter", "Multiplayer"),
    search_words="ff epep freefire garena",
    palette="tembikar",
    glyph="flame",
    is_popular=True,
    sections=SECTIONS,
)  # fmt: skip

PUBG_MOBILE = Goods(
    code="PUBGM",
    slug="pubg-mobile",
    name="PUBG Mobile",
    publisher="Krafton",
    subtitle="Krafton",
    category="top-up-game",
    description=both(
        "Isi Unknown Cash untuk Royale Pass, senjata, dan tampilan baru. Berlaku untuk akun PUBG Mobile versi global.",
        "Unknown Cash for the Royale Pass, weapons and new looks. For accounts of the global version of PUBG Mobile.",
    ),
    fields=(fields.user_id(least=8, placeholder="5123456789"),),
    games=everywhere("pubgm"),
    items=amounts(
        "PUBGM",
        {"pubgm": "60:86 120:172 325:425 385:511 660:845 720:931 985:1270 1800:2120 3850:4230 8100:8450"},
        unit="UC",
        supplier_unit="uc",
        overrides={
            "325": {"info": both("Bonus +25 UC", "Bonus +25 UC")},
            "660": {"info": both("Bonus +60 UC", "Bonus +60 UC")},
            "1800": {
                "description": both("1800 Unknown Cash", "1800 Unknown Cash"),
                "prices": {"ID": (400_000, 425_000)},
            },
            "3850": {"info": both("Bonus +850 UC", "Bonus +850 UC"), "is_featured": True},
        },
        off={"660": 2, "1800": 6},
    ),
    margin_percent=GAME_MARGIN,
    features=FEATURES,
    how_to_order=steps("User ID", "UC"),
    tags=("Battle Royale", "Shooter", "Multiplayer"),
    search_words="pubg uc pabji pubgm",
    palette="malam",
    glyph="crosshair",
    is_popular=True,
    sections=SECTIONS,
)

_MIHOYO_STEPS: Lists = {"id": ["UID dan pilih server"], "en": ["UID and choose your server"]}


def _uid() -> Field:
    return fields.user_id(
        least=9,
        most=10,
        placeholder="812345678",
        hint=both("UID tertulis di pojok kanan bawah layar game.", "The UID stands in the lower right of the screen."),
    )


GENSHIN = Goods(
    code="GENSHIN",
    slug="genshin-impact",
    name="Genshin Impact",
    publisher="HoYoverse",
    subtitle="HoYoverse",
    category="top-up-game",
    description=both(
        "Genesis Crystal dan Blessing of the Welkin Moon untuk perjalananmu di Teyvat. Server dikenali dari UID.",
        "Genesis Crystals and the Blessing of the Welkin Moon for your journey. We know the server by the UID.",
    ),
    fields=(
        _uid(),
        fields.server(
            (("os_asia", "Asia"), ("os_usa", "America"), ("os_euro", "Europe"), ("os_cht", "TW, HK, MO"))
        ),
    ),
    games=everywhere("genshin"),
    items=(
        named(
            "GENSHIN_WELKIN", "Blessing of the Welkin Moon", "1_welkin_moon", {"genshin": 430},
            section="special-item", is_featured=True, off_percent=3, max_quantity=6,
            description=both("300 Genesis Crystals dan 90 Primogems per hari",
                "300 Genesis Crystals and 90 Primogems a day"),
            info=both("Berlaku 30 hari", "For 30 days"),
        ),
        *amounts(
            "GENSHIN", {"genshin": "60:87 300:435 980:1305 1980:2610 3280:4350 6480:8700"},
            unit="Genesis Crystals", supplier_unit="genesis_crystals", off={"980": 3, "6480": 5},
        ),
    ),
    margin_percent=GAME_MARGIN,
    features=FEATURES,
    how_to_order=steps(_MIHOYO_STEPS, "Genesis Crystals"),
    tags=("RPG", "Open World", "Adventure"),
    search_words="gi genshin welkin hoyo mihoyo primogem",
    palette="laut",
    glyph="wand-sparkles",
    is_popular=True,
    zone_field="server",
    sections=SECTIONS,
)  # fmt: skip

STAR_RAIL = Goods(
    code="HSR",
    slug="honkai-star-rail",
    name="Honkai: Star Rail",
    publisher="HoYoverse",
    subtitle="HoYoverse",
    category="top-up-game",
    description=both(
        "Oneiric Shard dan Express Supply Pass, langsung ke akun Trailblazer-mu.",
        "Oneiric Shards and the Express Supply Pass, straight to your Trailblazer's account.",
    ),
    fields=(
        _uid(),
        fields.server(
            (
                ("prod_official_asia", "Asia"),
                ("prod_official_usa", "America"),
                ("prod_official_eur", "Europe"),
                ("prod_official_cht", "TW, HK, MO"),
            )
        ),
    ),
    games=everywhere("hsr"),
    items=(
        named(
            "HSR_SUPPLY", "Express Supply Pass", "1_express_supply_pass", {"hsr": 430},
            section="special-item", is_featured=True, max_quantity=6, info=both("Berlaku 30 hari", "For 30 days"),
        ),
        *amounts(
            "HSR", {"hsr": "60:87 300:435 980:1305 1980:2610 3280:4350 6480:8700"},
            unit="Oneiric Shards", supplier_unit="oneiric_shards", off={"1980": 4},
        ),
    ),
    margin_percent=GAME_MARGIN,
    features=FEATURES,
    how_to_order=steps(_MIHOYO_STEPS, "Oneiric Shards"),
    tags=("RPG", "Turn-based", "Sci-fi"),
    search_words="hsr starrail honkai hoyo",
    palette="manggis",
    glyph="orbit",
    is_popular=True,
    zone_field="server",
    sections=SECTIONS,
)  # fmt: skip

HONOR_OF_KINGS = Goods(
    code="HOK",
    slug="honor-of-kings",
    name="Honor of Kings",
    publisher="Level Infinite",
    subtitle="Level Infinite",
    category="top-up-game",
    description=both(
        "Token Honor of Kings untuk skin dan pass musim ini, dikirim dengan UID saja.",
        "Honor of Kings tokens for this season's skins and passes; your UID is all we need.",
    ),
    fields=(fields.user_id(least=6, most=20, placeholder="1234567890123"),),
    games=everywhere("hok"),
    items=amounts(
        "HOK",
        {"hok": "16:18 80:86 240:258 400:430 560:602 830:860 1245:1290 2508:2580 4180:4300 8360:8600"},
        unit="Tokens",
        supplier_unit="tokens",
        overrides={"830": {"is_featured": True, "info": both("Bonus +30 Tokens", "Bonus +30 tokens")}},
        off={"400": 3, "830": 5},
    ),
    margin_percent=GAME_MARGIN,
    features=FEATURES,
    how_to_order=steps("User ID", "Tokens"),
    tags=("MOBA", "Multiplayer"),
    search_words="hok honor kings token",
    palette="mengkudu",
    glyph="crown",
    is_popular=True,
    sections=SECTIONS,
)

VALORANT = Goods(
    code="VALORANT",
    slug="valorant",
    name="Valorant",
    publisher="Riot Games",
    subtitle="Riot Games",
    category="top-up-game",
    description=both(
        "Valorant Points untuk akun yang terdaftar di Indonesia. Masukkan Riot ID lengkap dengan tagline.",
        "Valorant Points for accounts registered in Indonesia. Enter your Riot ID with its tagline.",
    ),
    fields=(fields.riot_id(),),
    games=only_home("valorant"),
    items=amounts(
        "VALORANT",
        {"valorant": "475:285 1000:570 1475:855 2050:1140 2525:1425 3650:1995 5350:2850 11000:5700"},
        unit="Points",
        supplier_unit="points",
        off={"1000": 2, "2050": 4, "5350": 5},
    ),
    margin_percent=GAME_MARGIN,
    features=FEATURES,
    how_to_order=steps("Riot ID", "Valorant Points"),
    tags=("Shooter", "PC", "Multiplayer"),
    search_words="vp valo valoran riot",
    palette="teratai",
    glyph="target",
    is_popular=True,
    player_field="riotId",
    sections=SECTIONS,
)

GAMES = (
    MOBILE_LEGENDS,
    FREE_FIRE,
    PUBG_MOBILE,
    GENSHIN,
    HONOR_OF_KINGS,
    VALORANT,
    STAR_RAIL,
)
