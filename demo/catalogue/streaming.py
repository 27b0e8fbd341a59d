"""Films, music and tools by subscription; the account is named by its e-mail, never by a password."""

from __future__ import annotations

from demo.catalogue import fields
from demo.catalogue.shapes import Goods, Item, Lists, Supply, Texts, both, dotted, everywhere, only_home, pairs

_FEATURES: Lists = {
    "id": ["Tanpa kartu kredit", "Tanpa kata sandi", "Tidak diperpanjang diam-diam"],
    "en": ["No credit card", "No password", "Nothing renews behind your back"],
}


def _steps(name: str) -> Lists:
    return {
        "id": [
            f"Masukkan e-mail akun {name}",
            "Pilih paket",
            "Pilih metode pembayaran",
            "Selesaikan pembayaran",
            "Langganan aktif otomatis",
        ],
        "en": [
            f"Enter the e-mail of your {name} account",
            "Choose a plan",
            "Choose how to pay",
            "Complete the payment",
            "The subscription starts by itself",
        ],
    }


def _service(
    code: str, slug: str, name: str, publisher: str, texts: Texts, items: tuple[Item, ...], *, game: str, words: str,
    palette: str, glyph: str, tags: tuple[str, ...], abroad: bool = False, is_popular: bool = False,
    section: Texts | None = None,
) -> Goods:  # fmt: skip
    return Goods(
        code=code,
        slug=slug,
        name=name,
        category="streaming",
        publisher=publisher,
        subtitle=publisher,
        description=texts,
        fields=(fields.account_email(name),),
        games=everywhere(game) if abroad else only_home(game),
        items=items,
        margin_percent=9,
        features=_FEATURES,
        how_to_order=_steps(name),
        tags=tags,
        search_words=words,
        palette=palette,
        glyph=glyph,
        is_popular=is_popular,
        is_checked=False,
        player_field="accountEmail",
        usual_seconds=300,
        promise_seconds=3600,
        sections={"topup-instant": section or both("Paket Langganan", "Plans")},
    )


def _months(code: str, game: str, name: str, *costs: int) -> tuple[Item, ...]:
    """Plans of 1, 2, 3, 6, 9 and 12 months at those costs in US cents; longer ones are a little cheaper a month."""
    items = []
    for months, cost in zip((1, 2, 3, 6, 9, 12), costs, strict=True):
        plural = "month" if months == 1 else "months"
        title = f"{name} {months} {plural.capitalize()}"
        items.append(
            Item(
                code=f"{code}_{months}M",
                name=f"{months} {plural.capitalize()}",
                supplies={game: Supply(game, f"{game}_{months}_{plural}", title, cost)},
                description=both(f"{name} selama {months} bulan", f"{name} for {months} {plural}"),
                is_featured=months == 3,
                off_percent=5 if months == 12 else 0,
                process_minutes=5,
                max_quantity=1,
            )
        )
    return tuple(items)


_NETFLIX = tuple(
    Item(
        code=f"NETFLIX_{amount}",
        name=f"Netflix Rp{dotted(amount)}",
        supplies={"netflix": Supply("netflix", f"netflix_{amount}_idr", f"Netflix IDR {dotted(amount)}", cost)},
        description=both(f"Kartu hadiah Netflix Rp{dotted(amount)}", f"Netflix gift card of Rp{dotted(amount)}"),
        is_featured=amount == "186000",
        process_minutes=5,
    )
    for amount, cost in pairs("54000:331 65000:398 100000:612 120000:735 186000:1139 300000:1836 500000:3061")
)

STREAMING = (
    _service(
        "NETFLIX", "netflix", "Netflix", "Netflix",
        both("Kartu hadiah Netflix, dari paket ponsel sampai premium.", "Netflix gift cards, from mobile to premium."),
        _NETFLIX, game="netflix", words="netflix film serial nonton", palette="mengkudu", glyph="clapperboard",
        tags=("Film", "Series"), is_popular=True, section=both("Kartu Hadiah", "Gift cards"),
    ),
    _service(
        "SPOTIFY", "spotify", "Spotify Premium", "Spotify",
        both("Musik tanpa iklan, dengan kualitas penuh.", "Music without advertisements, in full quality."),
        _months("SPOTIFY", "spotify", "Spotify Premium", 275, 539, 784, 1512, 2227, 2860),
        game="spotify", words="spotify musik lagu podcast", palette="daun", glyph="headphones", tags=("Music",),
        abroad=True, is_popular=True,
    ),
    _service(
        "YOUTUBE", "youtube-premium", "YouTube Premium", "Google",
        both("YouTube tanpa iklan, juga di latar belakang.", "YouTube without advertisements, in the background too."),
        _months("YOUTUBE", "youtube", "YouTube Premium", 310, 608, 884, 1705, 2511, 3224),
        game="youtube", words="yt youtube premium", palette="tembikar", glyph="play", tags=("Video", "Music"),
    ),
    _service(
        "DISNEY", "disney-hotstar", "Disney+ Hotstar", "Disney",
        both("Kisah keluarga, pahlawan super, dan film Indonesia.", "Family stories, super heroes, Indonesian films."),
        _months("DISNEY", "disney", "Disney+ Hotstar", 295, 578, 841, 1623, 2389, 3068),
        game="disney", words="disney hotstar film", palette="tarum", glyph="sparkles", tags=("Film", "Series"),
    ),
    _service(
        "VIDIO", "vidio", "Vidio Platinum", "Emtek",
        both("Liga, sinetron, dan serial asli Indonesia.", "League football, soaps and Indonesian originals."),
        _months("VIDIO", "vidio", "Vidio Platinum", 185, 363, 527, 1018, 1498, 1924),
        game="vidio", words="vidio bola liga", palette="teratai", glyph="tv", tags=("Sports", "Series"),
    ),
    _service(
        "VIU", "viu", "Viu Premium", "PCCW",
        both("Drama Korea terbaru, hari yang sama.", "The latest Korean dramas, the same day."),
        _months("VIU", "viu", "Viu Premium", 140, 274, 399, 770, 1134, 1456),
        game="viu", words="viu drakor drama korea", palette="padi", glyph="tv", tags=("Drama", "Series"), abroad=True,
    ),
    _service(
        "WETV", "wetv", "WeTV VIP", "Tencent",
        both("Drama Tiongkok dan Thailand lebih awal.", "Chinese and Thai dramas ahead of everyone."),
        _months("WETV", "wetv", "WeTV VIP", 175, 343, 499, 962, 1417, 1820),
        game="wetv", words="wetv drama china", palette="laut", glyph="clapperboard", tags=("Drama", "Series"),
        abroad=True,
    ),
    _service(
        "IQIYI", "iqiyi", "iQIYI VIP", "iQIYI",
        both("Anime dan drama Asia tanpa jeda iklan.", "Anime and Asian drama without a break."),
        _months("IQIYI", "iqiyi", "iQIYI VIP", 195, 382, 556, 1072, 1579, 2028),
        game="iqiyi", words="iqiyi anime drama", palette="manggis", glyph="panda", tags=("Anime", "Drama"), abroad=True,
    ),
    _service(
        "CANVA", "canva-pro", "Canva Pro", "Canva",
        both("Semua templat dan fitur premium Canva.", "Every template and premium tool of Canva."),
        _months("CANVA", "canva", "Canva Pro", 340, 666, 969, 1870, 2754, 3536),
        game="canva", words="canva desain", palette="langit", glyph="sparkles", tags=("Design",), abroad=True,
    ),
)  # fmt: skip
