"""Telephone operators of Indonesia, and whose prefix is whose (fact sheet on account validation, §4)."""

from __future__ import annotations

from demo.catalogue import fields
from demo.catalogue.shapes import Goods, Item, Lists, Supply, Texts, both, dotted, only_home, pairs

_CREDIT = "5000:34 10000:64 15000:94 20000:123 25000:153 30000:183 50000:301 75000:450 100000:598 150000:895"
_DATA = "3:141 10:295"
_FEATURES: Lists = {
    "id": ["Masuk dalam hitungan menit", "Nomor dicocokkan dengan operatornya", "Gagal kirim, uang kembali otomatis"],
    "en": ["Arrives within minutes", "We match the number with its operator", "If it fails, the money comes back"],
}
_SECTIONS = {
    "topup-instant": both("Pulsa", "Credit"),
    "data": both("Paket Data", "Data packs"),
    "all-items": both("Semua Item", "All items"),
}


def _operator(
    code: str, name: str, texts: Texts, *, example: str, publisher: str, words: str, palette: str,
    is_popular: bool = False
) -> Goods:  # fmt: skip
    game = code.lower()
    credit = tuple(
        Item(
            code=f"{code}_{amount}",
            name=f"Pulsa {dotted(amount)}",
            supplies={game: Supply(game, f"{game}_{amount}_pulsa", f"{name} Pulsa {dotted(amount)}", cost)},
            description=both(f"Pulsa {name} Rp{dotted(amount)}", f"{name} credit of Rp{dotted(amount)}"),
            is_featured=amount == "50000",
        )
        for amount, cost in pairs(_CREDIT)
    )
    data = tuple(
        Item(
            code=f"{code}_{amount}GB",
            name=f"Data {amount} GB",
            supplies={game: Supply(game, f"{game}_{amount}_gb", f"{name} Data {amount} GB 30 days", cost)},
            description=both(f"Kuota internet {amount} GB, semua jaringan", f"{amount} GB of data on every network"),
            info=both("Berlaku 30 hari", "For 30 days"),
            section="data",
        )
        for amount, cost in pairs(_DATA)
    )
    return Goods(
        code=code,
        slug=code.lower(),
        # The supplier spells it by.U, and its names are compared letter by letter; customers read it as its owner does.
        name="By.U" if code == "BYU" else name,
        category="e-money",
        publisher=publisher,
        subtitle=publisher,
        description=texts,
        fields=(fields.operator_phone(name, example),),
        games=only_home(game),
        items=credit + data,
        margin_percent=5,
        features=_FEATURES,
        how_to_order={
            "id": [
                f"Masukkan nomor {name}",
                "Pilih pulsa atau paket data",
                "Pilih metode pembayaran",
                "Selesaikan pembayaran",
                "Pulsa masuk otomatis",
            ],
            "en": [
                f"Enter a {name} number",
                "Choose credit or a data pack",
                "Choose how to pay",
                "Complete the payment",
                "It arrives by itself",
            ],
        },
        tags=("Pulsa", "Data"),
        search_words=f"{words} pulsa kuota data internet",
        palette=palette,
        glyph="signal",
        is_popular=is_popular,
        is_checked=False,
        is_operator_bound=True,
        player_field="phoneNumber",
        sections=_SECTIONS,
    )


OPERATORS = (
    _operator(
        "TELKOMSEL", "Telkomsel", both("Pulsa dan data untuk simPATI, KARTU As, dan Halo.",
            "Credit and data for Telkomsel."),
        example="0812xxxxxxxx", publisher="Telkomsel", words="tsel simpati as halo", palette="mengkudu",
        is_popular=True,
    ),
    _operator(
        "BYU", "by.U", both("Pulsa dan data By.U, operator serba digital.",
            "Credit and data for By.U, the all-digital operator."),
        example="08515xxxxxxx", publisher="Telkomsel", words="byu by.u", palette="manggis",
    ),
    _operator(
        "INDOSAT", "Indosat", both("Pulsa dan data IM3.", "Credit and data for IM3."),
        example="0857xxxxxxxx", publisher="Indosat Ooredoo Hutchison", words="im3 isat mentari", palette="soga",
    ),
    _operator(
        "XL", "XL", both("Pulsa dan data XL Prabayar.", "Credit and data for XL prepaid."),
        example="0817xxxxxxxx", publisher="XLSmart", words="xl axiata", palette="langit",
    ),
    _operator(
        "AXIS", "AXIS", both("Pulsa dan data AXIS, irit sampai akhir bulan.",
            "Credit and data for AXIS, thrifty to month's end."),
        example="0838xxxxxxxx", publisher="XLSmart", words="axis", palette="teratai",
    ),
    _operator(
        "TRI", "Tri", both("Pulsa dan data Tri.", "Credit and data for Tri."),
        example="0895xxxxxxxx", publisher="Indosat Ooredoo Hutchison", words="3 three tri bima", palette="abu",
    ),
    _operator(
        "SMARTFREN", "Smartfren", both("Pulsa dan data Smartfren.", "Credit and data for Smartfren."),
        example="0881xxxxxxxx", publisher="XLSmart", words="smartfren sf", palette="tembikar",
    ),
)  # fmt: skip

#: product code -> (operator's name, prefixes in national form). Longer prefixes win: By.U lies inside Telkomsel's 0851.
PREFIXES = {
    "TELKOMSEL": ("Telkomsel", "0811 0812 0813 0821 0822 0823 0851 0852 0853"),
    "BYU": ("By.U", "085155 085156 085157 085158"),
    "INDOSAT": ("Indosat", "0814 0815 0816 0855 0856 0857 0858"),
    "XL": ("XL", "0817 0818 0819 0859 0877 0878 0879"),
    "AXIS": ("AXIS", "0831 0832 0833 0838"),
    "TRI": ("Tri", "0895 0896 0897 0898 0899"),
    "SMARTFREN": ("Smartfren", "0881 0882 0883 0884 0885 0886 0887 0888 0889"),
}
#: Seen, but not confirmed: rows that stand switched off.
UNCONFIRMED_PREFIXES = (("085154", "By.U", "BYU"), ("085159", "By.U", "BYU"))
