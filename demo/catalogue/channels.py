"""How the demo is paid, region by region. Amounts in major units; limits and codes as the gateways publish them."""

from __future__ import annotations

from dataclasses import dataclass

from demo.catalogue.shapes import Texts, both

#: code, title
CATEGORIES = (
    ("E_WALLET", both("E-Wallet", "E-Wallet")),
    ("VIRTUAL_ACCOUNT", both("Virtual Account", "Virtual Account")),
    ("ONLINE_BANKING", both("Internet Banking", "Online banking")),
    ("RETAIL", both("Minimarket", "Convenience Store")),
    ("CARD", both("Kartu Kredit atau Debit", "Credit or Debit Card")),
)


#: Working days until a refund is usually there, by kind: e-wallets at once or the next day, cards as issuers please.
REFUND_DAYS = {"REDIRECT": 1, "QR": 2, "CARD": 10}


@dataclass(frozen=True)
class Pay:
    code: str
    region: str
    category: str
    kind: str
    name: str
    description: Texts
    instruction: Texts
    least: str
    most: str
    gateway_channel: str
    seconds: int
    fee: str = "0"
    percent: str = "0"
    gateway: str = "xendit"
    bank: str = ""
    is_refundable: bool = False
    is_featured: bool = False
    for_deposit: bool = True


def _list(*steps: str) -> str:
    return f"<ol>{''.join(f'<li>{step}</li>' for step in steps)}</ol>"


def _wallet_steps(name: str) -> Texts:
    return both(
        _list(
            f"Setelah klik bayar, kamu akan diarahkan ke aplikasi {name}",
            f"Pastikan saldo {name} kamu mencukupi",
            f"Konfirmasi pembayaran dengan PIN {name}",
            "Transaksi selesai",
        ),
        _list(
            f"Tap pay, and you are taken to {name}",
            f"Make sure that your {name} balance is enough",
            f"Confirm the payment with your {name} PIN",
            "That is all",
        ),
    )


def _scan_steps(name: str, apps_id: str, apps_en: str) -> Texts:
    return both(
        f"<p>Gunakan {apps_id} yang tersedia untuk scan {name}</p>", f"<p>Scan the {name} code with {apps_en}</p>"
    )


def _by(name: str) -> Texts:
    return both(f"Bayar menggunakan {name}", f"Pay with {name}")


def wallet(
    code: str, region: str, name: str, gateway_channel: str, *, percent: str, least: str, most: str, seconds: int,
    gateway: str = "xendit", is_refundable: bool = False, is_featured: bool = False,
) -> Pay:  # fmt: skip
    return Pay(
        code, region, "E_WALLET", "REDIRECT", name, _by(name), _wallet_steps(name), least, most, gateway_channel,
        seconds,
        gateway=gateway, percent=percent, is_refundable=is_refundable, is_featured=is_featured,
    )  # fmt: skip


def push(code: str, name: str, gateway_channel: str, *, percent: str, least: str, most: str) -> Pay:
    """A wallet that asks on the customer's phone and gives up after a minute; the order lets it ask again."""
    return Pay(
        code, "ID", "E_WALLET", "REDIRECT", name, _by(name),
        both(
            _list(
                f"Isi nomor ponsel yang terdaftar di {name}",
                f"Buka aplikasi {name}: permintaan pembayaran muncul di sana",
                "Setujui dengan PIN dalam satu menit",
                "Terlambat? Tekan coba lagi, dan permintaannya dikirim sekali lagi",
            ),
            _list(
                f"Enter the phone number that {name} knows you by",
                f"Open the {name} app: the request to pay appears there",
                "Approve it with your PIN within a minute",
                "Too late? Tap try again, and you are asked once more",
            ),
        ),
        least, most, gateway_channel, 900, percent=percent, gateway="midtrans", is_refundable=True,
    )  # fmt: skip


def virtual_account(code: str, bank: str, app: str, *, least: str, most: str, midtrans: str = "") -> Pay:
    name = f"{bank} Virtual Account"
    return Pay(
        code, "ID", "VIRTUAL_ACCOUNT", "VA", name, _by(name),
        both(
            _list(
                f"Pilih <strong>{app}</strong> &gt; <strong>{name}</strong>",
                "Masukkan nomor Virtual Account",
                "Periksa informasi yang tertera di layar",
                f"Masukkan <strong>PIN {app}</strong>",
                "Transaksi selesai",
            ),
            _list(
                f"Open <strong>{app}</strong> &gt; <strong>{name}</strong>",
                "Enter the virtual account number",
                "Read the details on the screen once more",
                f"Enter your <strong>{app} PIN</strong>",
                "That is all",
            ),
        ),
        least, most, midtrans or f"{bank.upper()}_VIRTUAL_ACCOUNT", 86_400, fee="4000", bank=bank,
        gateway="midtrans" if midtrans else "xendit",
    )  # fmt: skip


def shop(
    code: str, region: str, name: str, gateway_channel: str, *, fee: str, least: str, most: str,
    gateway: str = "xendit",
) -> Pay:  # fmt: skip
    return Pay(
        code, region, "RETAIL", "CODE", name, both(f"Bayar tunai di kasir {name}", f"Pay cash at a {name} counter"),
        both(
            _list(
                f"Datang ke {name} terdekat sebelum waktu habis",
                "Sebutkan atau tunjukkan kode pembayaran kepada kasir",
                "Bayar, lalu simpan struknya",
            ),
            _list(
                f"Go to the nearest {name} before the time is up",
                "Tell or show the cashier your payment code",
                "Pay, and keep the receipt",
            ),
        ),
        least, most, gateway_channel, 86_400, fee=fee, gateway=gateway,
    )  # fmt: skip


def bank_page(code: str, name: str, gateway_channel: str) -> Pay:
    return Pay(
        code, "MY", "ONLINE_BANKING", "REDIRECT", name, _by(name),
        both(
            "<p>Kamu akan diarahkan ke halaman bank untuk menyetujui pembayaran.</p>",
            "<p>You are taken to your bank's page to approve the payment.</p>",
        ),
        "1", "30000", gateway_channel, 1800, fee="1.00", bank=name.removesuffix(" (FPX)"),
    )  # fmt: skip


def card(region: str, *, fee: str, percent: str, least: str, most: str) -> Pay:
    return Pay(
        "CARD", region, "CARD", "CARD", "Visa, Mastercard, JCB",
        both("Bayar dengan kartu kredit atau debit", "Pay by credit or debit card"),
        both(
            "<p>Nomor kartu diisi di halaman aman penyedia pembayaran; kami tidak pernah melihatnya.</p>",
            "<p>You enter the card number on the payment provider's secure page; we never see it.</p>",
        ),
        least, most, "CARDS", 1800, fee=fee, percent=percent, is_refundable=True,
    )  # fmt: skip


def balance(region: str, *, least: str, most: str) -> Pay:
    return Pay(
        "BALANCE", region, "E_WALLET", "BALANCE", "Saldo Gate",
        both("Bayar menggunakan saldo akun Gate", "Pay with the balance of your Gate account"),
        both(
            "<p>Pastikan saldo akun Gate kamu mencukupi untuk melakukan transaksi</p>",
            "<p>Make sure that your Gate balance covers the purchase</p>",
        ),
        least, most, "", 600, gateway="balance", is_refundable=True, is_featured=True, for_deposit=False,
    )  # fmt: skip


def scan(
    code: str, region: str, name: str, gateway_channel: str, description: Texts, instruction: Texts, *, percent: str,
    least: str, most: str, gateway: str = "xendit", is_refundable: bool = False,
) -> Pay:  # fmt: skip
    return Pay(
        code, region, "E_WALLET", "QR", name, description, instruction, least, most, gateway_channel, 3600,
        gateway=gateway, percent=percent, is_refundable=is_refundable, is_featured=True,
    )  # fmt: skip


INDONESIA = (
    scan(
        "QRIS", "ID", "QRIS", "QRIS",
        both(
            "Bayar menggunakan QRIS dari semua aplikasi e-wallet dan mobile banking",
            "Pay by QRIS from any wallet or mobile banking app",
        ),
        both(
            "<p>Gunakan <strong>E-wallet</strong> atau <strong>aplikasi mobile banking</strong> yang tersedia untuk"
            " scan QRIS</p>",
            "<p>Scan the QRIS code with any <strong>wallet</strong> or <strong>mobile banking app</strong></p>",
        ),
        percent="0.7", least="1000", most="10000000", is_refundable=True,
    ),
    wallet(
        "DANA", "ID", "DANA", "DANA", percent="1.5", least="1000", most="5000000", seconds=1800, is_refundable=True,
        is_featured=True,
    ),
    wallet(
        "GOPAY", "ID", "GoPay", "gopay", percent="2", least="1000", most="10000000", seconds=1800,
        gateway="midtrans", is_refundable=True,
    ),
    wallet(
        "SHOPEEPAY", "ID", "ShopeePay", "shopeepay", percent="2", least="1000", most="10000000", seconds=1800,
        gateway="midtrans", is_refundable=True,
    ),
    push("OVO", "OVO", "ovo", percent="2", least="1000", most="10000000"),
    wallet("LINKAJA", "ID", "LinkAja", "LINKAJA", percent="1.5", least="1000", most="10000000", seconds=1800),
    balance("ID", least="100", most="100000000"),
    virtual_account("BCA_VA", "BCA", "m-BCA", least="10000", most="50000000"),
    virtual_account("BNI_VA", "BNI", "BNI Mobile Banking", least="10000", most="50000000", midtrans="bni"),
    virtual_account("BRI_VA", "BRI", "BRImo", least="10000", most="50000000", midtrans="bri"),
    virtual_account("MANDIRI_VA", "Mandiri", "Livin' by Mandiri", least="10000", most="50000000"),
    virtual_account("PERMATA_VA", "Permata", "PermataMobile X", least="10000", most="50000000"),
    shop("ALFAMART", "ID", "Alfamart", "alfamart", fee="5000", least="10000", most="5000000", gateway="midtrans"),
    # Not by Midtrans: there the bank may take this one back for some minutes, and the item would wait. So with Mandiri
    # and Permata above.
    shop("INDOMARET", "ID", "Indomaret", "INDOMARET", fee="5500", least="10000", most="2500000"),
    card("ID", fee="2000", percent="2.9", least="10000", most="100000000"),
)  # fmt: skip
MALAYSIA = (
    wallet(
        "TNG", "MY", "Touch 'n Go eWallet", "TOUCHNGO", percent="1.5", least="1", most="20000", seconds=1800,
        is_refundable=True, is_featured=True,
    ),
    wallet("GRABPAY", "MY", "GrabPay", "GRABPAY", percent="1.5", least="1", most="1500", seconds=900,
        is_refundable=True),
    wallet(
        "SHOPEEPAY", "MY", "ShopeePay", "SHOPEEPAY", percent="1.5", least="1", most="4999", seconds=1200,
        is_refundable=True,
    ),
    balance("MY", least="0.10", most="50000"),
    bank_page("FPX_MAYBANK", "Maybank (FPX)", "MAYB2U_FPX"),
    bank_page("FPX_CIMB", "CIMB Clicks (FPX)", "CIMB_FPX"),
    card("MY", fee="0.50", percent="2.5", least="1", most="5000"),
)  # fmt: skip
PHILIPPINES = (
    scan(
        "QRPH", "PH", "QR Ph", "QRPH",
        both("Bayar dengan QR Ph dari bank atau e-wallet mana pun", "Pay by QR Ph from any bank or wallet"),
        _scan_steps("QR Ph", "aplikasi bank atau e-wallet", "your bank or wallet app"),
        percent="1.4", least="1", most="50000",
    ),
    wallet(
        "GCASH", "PH", "GCash", "GCASH", percent="2.3", least="1", most="100000", seconds=900, is_refundable=True,
        is_featured=True,
    ),
    wallet("MAYA", "PH", "Maya", "PAYMAYA", percent="1.8", least="1", most="100000", seconds=900),
    wallet("GRABPAY", "PH", "GrabPay", "GRABPAY", percent="2", least="1", most="100000", seconds=900,
        is_refundable=True),
    balance("PH", least="1", most="500000"),
    shop("7ELEVEN", "PH", "7-Eleven", "7ELEVEN", fee="15", least="50", most="50000"),
    card("PH", fee="10", percent="3.2", least="20", most="700000"),
)  # fmt: skip
SINGAPORE = (
    scan(
        "PAYNOW", "SG", "PayNow", "paynow_online",
        both("Bayar dengan PayNow dari aplikasi bank mana pun", "Pay by PayNow from any banking app"),
        _scan_steps("PayNow", "aplikasi bank", "your banking app"),
        percent="0.9", least="0.50", most="20000", gateway="hitpay", is_refundable=True,
    ),
    balance("SG", least="0.10", most="20000"),
    card("SG", fee="0.30", percent="3.1", least="1", most="20000"),
)  # fmt: skip
THAILAND = (
    scan(
        "PROMPTPAY", "TH", "PromptPay", "PROMPTPAY",
        both("Bayar dengan PromptPay dari aplikasi bank mana pun", "Pay by PromptPay from any banking app"),
        _scan_steps("PromptPay", "aplikasi bank", "your banking app"),
        percent="1", least="1", most="700000",
    ),
    wallet(
        "TRUEMONEY", "TH", "TrueMoney", "TRUEMONEY", percent="2.5", least="1", most="50000", seconds=1800,
        is_featured=True
    ),
    wallet("LINEPAY", "TH", "LINE Pay", "LINEPAY", percent="2.5", least="1", most="50000", seconds=1200),
    balance("TH", least="1", most="500000"),
    card("TH", fee="5", percent="3.5", least="20", most="700000"),
)  # fmt: skip

CHANNELS = INDONESIA + MALAYSIA + PHILIPPINES + SINGAPORE + THAILAND
