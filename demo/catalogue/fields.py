"""Inputs that many products share."""

from __future__ import annotations

from demo.catalogue.shapes import Field, both

PHONE_PATTERN = "^08[0-9]{8,11}$"


def user_id(
    *, least: int = 5, most: int = 12, placeholder: str = "123456789", hint: dict[str, str] | None = None
) -> Field:
    return Field(
        key="userId",
        name=both("User ID", "User ID"),
        label=both("Masukkan User ID", "Enter your User ID"),
        hint=hint
        or both(
            "Buka profil di dalam game; User ID tertulis di bawah nama kamu.",
            "Open your profile in the game; the User ID stands below your name.",
        ),
        min_length=least,
        max_length=most,
        placeholder=placeholder,
    )


def zone_id() -> Field:
    return Field(
        key="zoneId",
        name=both("Zone ID", "Zone ID"),
        label=both("Masukkan Zone ID", "Enter your Zone ID"),
        hint=both("Zone ID berada di samping User ID", "The Zone ID stands beside the User ID, in brackets"),
        max_length=8,
        placeholder="1234",
    )


def server(options: tuple[tuple[str, str], ...]) -> Field:
    return Field(
        key="server",
        name=both("Server", "Server"),
        label=both("Pilih server kamu", "Choose your server"),
        hint=both(
            "Server tampil di layar masuk dan di halaman profil.",
            "The server is shown on the login screen and on your profile.",
        ),
        type="select",
        max_length=30,
        options=options,
    )


def riot_id() -> Field:
    return Field(
        key="riotId",
        name=both("Riot ID", "Riot ID"),
        label=both("Masukkan Riot ID lengkap", "Enter your full Riot ID"),
        hint=both(
            "Nama, tanda #, lalu tagline. Contoh: Kirana#ID1", "Name, the # sign, then the tagline, like Kirana#ID1"
        ),
        type="text",
        min_length=5,
        max_length=22,
        placeholder="Kirana#ID1",
        pattern="^[^#]{3,16}#[A-Za-z0-9]{2,5}$",
    )


def player_tag() -> Field:
    return Field(
        key="playerTag",
        name=both("Player Tag", "Player tag"),
        label=both("Masukkan Player Tag", "Enter your player tag"),
        hint=both("Ketuk nama kamu di game; tag diawali tanda #.", "Tap your name in the game; the tag begins with #."),
        type="text",
        min_length=4,
        max_length=14,
        placeholder="#2PP0LJQ8",
        pattern="^#?[0-9A-Za-z]{3,13}$",
    )


def account_name(game: str) -> Field:
    return Field(
        key="userId",
        name=both("ID Akun", "Account ID"),
        label=both("Masukkan ID akun", "Enter your account ID"),
        hint=both(f"ID yang kamu pakai untuk masuk ke {game}.", f"The ID you sign in to {game} with."),
        type="text",
        min_length=3,
        max_length=20,
        placeholder="kirana_id",
        pattern="^[A-Za-z0-9_.-]{3,20}$",
    )


def wallet_phone(name: str, spoken: str = "") -> Field:
    return Field(
        key="phoneNumber",
        name=both("Nomor Telepon", "Phone number"),
        label=both(f"Masukkan Nomor {spoken or name}", f"Enter your {name} number"),
        hint=both(f"Nomor telepon yang terdaftar di {name}", f"The phone number registered with {name}"),
        min_length=10,
        max_length=13,
        placeholder="08xxxxxxxxxx",
        pattern=PHONE_PATTERN,
    )


def operator_phone(name: str, example: str) -> Field:
    return Field(
        key="phoneNumber",
        name=both("Nomor Telepon", "Phone number"),
        label=both(f"Masukkan nomor {name}", f"Enter a {name} number"),
        hint=both(f"Nomor {name} yang akan diisi", f"The {name} number to be topped up"),
        min_length=10,
        max_length=13,
        placeholder=example,
        pattern=PHONE_PATTERN,
    )


def meter_number() -> Field:
    return Field(
        key="meterNumber",
        name=both("Nomor Meter", "Meter number"),
        label=both("Masukkan nomor meter atau ID pelanggan", "Enter the meter number or customer ID"),
        hint=both(
            "11 atau 12 angka, tertulis di kartu PLN atau di depan meteran.",
            "11 or 12 digits, on the PLN card or on the front of the meter.",
        ),
        min_length=11,
        max_length=12,
        placeholder="32012345678",
        pattern="^[0-9]{11,12}$",
    )


def recipient_email() -> Field:
    return Field(
        key="recipientEmail",
        name=both("E-mail penerima", "Recipient's e-mail"),
        label=both("Kode dikirim ke alamat ini", "The code is sent to this address"),
        hint=both(
            "Periksa sekali lagi: siapa pun yang membaca kode dapat memakainya.",
            "Please read it twice: whoever reads the code can use it.",
        ),
        type="email",
        min_length=6,
        max_length=100,
        placeholder="nama@contoh.com",
    )


def account_email(name: str) -> Field:
    return Field(
        key="accountEmail",
        name=both(f"E-mail akun {name}", f"E-mail of the {name} account"),
        label=both(f"E-mail yang terdaftar di {name}", f"The e-mail registered with {name}"),
        hint=both(
            "Kata sandi tidak kami minta, dan tidak pernah kami perlukan.",
            "We do not ask for your password, and never need it.",
        ),
        type="email",
        min_length=6,
        max_length=100,
        placeholder="nama@contoh.com",
    )
