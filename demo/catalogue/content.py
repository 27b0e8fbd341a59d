"""Banners, popups and questions of the demo."""

from __future__ import annotations

from dataclasses import dataclass

from demo.catalogue.shapes import Texts, both


@dataclass(frozen=True)
class Show:
    """A banner or popup. `artwork`: a product's code, whose cloth is drawn; `regions` empty: everywhere."""

    key: str
    title: Texts
    text: Texts
    artwork: str
    href: str
    regions: tuple[str, ...] = ()


BANNERS = (
    Show(
        "mlbb",
        both("Topup Game Cepat & Murah", "Quick, fair game top-ups"),
        both("Dapatkan diamond dan UC dengan harga terbaik", "Diamonds and UC at the best price"),
        "MLBB", "mobile-legends",
    ),
    Show(
        "ff",
        both("Promo Spesial Free Fire", "Free Fire specials"),
        both("Harga coret untuk diamond pilihan, setiap hari", "Reduced diamonds, every day"),
        "FF", "free-fire",
    ),
    Show(
        "genshin",
        both("Welkin Moon, siap untuk patch baru", "Welkin Moon, ready for the new patch"),
        both("Server dikenali dari UID, tidak perlu menebak", "We know your server by the UID, no guessing"),
        "GENSHIN", "genshin-impact",
    ),
    Show(
        "dana",
        both("Isi DANA dan pulsa di tempat yang sama", "Top up DANA and your phone in one place"),
        both("Nama pemilik dicek sebelum kamu bayar", "We check the owner's name before you pay"),
        "DANA", "dana", ("ID",),
    ),
    Show(
        "spotify",
        both("Musik tanpa iklan, tanpa kartu kredit", "Music without ads, without a credit card"),
        both("Spotify Premium mulai satu bulan", "Spotify Premium from a single month"),
        "SPOTIFY", "spotify", ("MY", "PH", "SG", "TH"),
    ),
)  # fmt: skip
POPUPS = (
    Show(
        "delta-force",
        both("Top up termurah hanya di Gate!", "Delta Force, at its cheapest"),
        both(
            "<p><em>Diskon spesial Delta Coins, selama persediaan masih ada.</em> Cukup User ID, tanpa login.</p>",
            "<p><em>Delta Coins at a discount while it lasts.</em> Your User ID is all it takes, no login.</p>",
        ),
        "DELTAFORCE", "delta-force", ("ID", "MY"),
    ),
    Show(
        "hok",
        both("Musim baru Honor of Kings", "A new season of Honor of Kings"),
        both(
            "<p>Token untuk pass musim ini sudah tersedia, dan masuk dalam hitungan menit.</p>",
            "<p>Tokens for this season's pass are here, and arrive within minutes.</p>",
        ),
        "HOK", "honor-of-kings", ("PH",),
    ),
)  # fmt: skip
#: question, answer
QUESTIONS = (
    (
        both("Berapa lama pesanan saya masuk?", "How long does it take?"),
        both(
            "<p>Biasanya satu menit setelah pembayaran kami terima. Di halaman pesanan tertulis apa yang sedang"
            " terjadi, tanpa perlu memuat ulang.</p>",
            "<p>Usually a minute after your payment has arrived. The order's page says what is going on, without"
            " reloading.</p>",
        ),
    ),
    (
        both("Bagaimana kalau saya salah memasukkan ID?", "What if I typed the wrong ID?"),
        both(
            "<p>Sebelum kamu bayar, kami tampilkan nickname pemilik ID. Kalau namanya bukan kamu, jangan dilanjutkan."
            " Pesanan ke ID yang ada tetapi salah tidak dapat ditarik kembali.</p>",
            "<p>Before you pay we show the nickname behind the ID. If it is not you, stop there. What has gone to an ID"
            " that exists, but is not yours, cannot be taken back.</p>",
        ),
    ),
    (
        both("Saya sudah bayar, tetapi statusnya belum berubah.", "I have paid, but nothing has changed."),
        both(
            "<p>Tekan <strong>Periksa lagi</strong> di halaman pesanan. Kami menanyakan langsung ke penyedia"
            " pembayaran. Uang yang masuk terlambat pun tidak hilang: pesanan dikirim, atau uangnya kembali.</p>",
            "<p>Press <strong>Check again</strong> on the order's page; we then ask the payment provider. Money that"
            " comes late is not lost either: the order is delivered, or the money goes back.</p>",
        ),
    ),
    (
        both("Pesanan saya gagal. Uang saya bagaimana?", "My order failed. What about my money?"),
        both(
            "<p>Kembali penuh dan otomatis, lewat cara yang sama kalau penyedianya mengizinkan. Jumlah, tujuan, dan"
            " statusnya tertulis di halaman pesanan.</p>",
            "<p>It goes back in full and by itself, the way it came where the provider allows it. The amount, where it"
            " went and its state stand on the order's page.</p>",
        ),
    ),
    (
        both("Apakah saya perlu membuat akun?", "Do I need an account?"),
        both(
            "<p>Tidak. Cukup ID pemain, cara bayar, dan e-mail atau nomor telepon untuk kabar pesanan.</p>",
            "<p>No. A player ID, a way to pay, and an e-mail or phone number for news of the order are enough.</p>",
        ),
    ),
    (
        both("Apakah Gate meminta kata sandi game?", "Do you ask for my game password?"),
        both(
            "<p>Tidak pernah. Siapa pun yang memintanya atas nama kami bukan kami.</p>",
            "<p>Never. Whoever asks for it in our name is not us.</p>",
        ),
    ),
)  # fmt: skip
