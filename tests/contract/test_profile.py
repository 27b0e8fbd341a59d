"""API §35, §36: the profile, switching region, and what a member may change."""

from __future__ import annotations

import io
import struct
import zlib
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from PIL import Image

from accounts.models import Benefit, User
from core.models import ExchangeRate
from storefront.orders.models import Order
from tests.accounts.cast import error_of, get, log_in, member
from tests.storefront import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _regions(db: None) -> None:
    for code in ("ID", "MY", "PH", "SG", "TH"):
        factories.region(code)


@pytest.fixture
def user() -> User:
    return member("john.doe@example.com", phone="+628123456789", level="PRESTIGE")


@pytest.fixture
def token(client: Client, user: User) -> str:
    return log_in(client, user)["accessToken"]


def bought(user: User, minor: int, currency: str = "IDR", days_ago: int = 1, status: str = "SUCCESS") -> None:
    order = factories.order()
    Order.objects.filter(pk=order.pk).update(
        user=user,
        status=status,
        currency=currency,
        subtotal_minor=minor,
        discount_minor=0,
        fee_minor=0,
        total_minor=minor,
        delivered=order.quantity,
        paid_at=timezone.now() - timedelta(days=days_ago),
        ended_at=timezone.now() - timedelta(days=days_ago),
    )


def test_the_example_of_section_35(client: Client, user: User, token: str) -> None:
    bought(user, 5_400_000)
    bought(user, 20_000)
    bought(user, 9_000_000, days_ago=91)
    bought(user, 9_000_000, status="FAILED")
    answer = get(client, "user/profile", token, **{"Accept-Language": "id"})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    data = answer.json()["data"]
    assert list(data) == [
        "id", "firstName", "lastName", "email", "phoneNumber", "profilePicture", "status", "primaryRegion",
        "currentRegion", "currency", "balance", "membership", "mfaStatus", "emailVerifiedAt", "createdAt",
        "lastLoginAt", "updatedAt",
    ]  # fmt: skip
    assert data["membership"] == {
        "level": "PRESTIGE",
        "name": "Prestige",
        "benefits": [
            "Diskon eksklusif hingga 5%",
            "Priority customer support",
            "Bonus poin 3%",
            "Akses promo premium",
        ],
        "progress": {
            "current": 5420000,
            "target": 10000000,
            "percentage": 54.2,
            "nextLevel": "ROYAL",
            "currency": "IDR",
        },
    }
    for name in ("emailVerifiedAt", "createdAt", "lastLoginAt", "updatedAt"):
        assert data[name].endswith("+07:00")


def test_other_currencies_count_at_their_dated_rate(client: Client, user: User, token: str) -> None:
    bought(user, 100_00, "MYR")
    bought(user, 100_00, "THB")  # no rate yet
    ExchangeRate.objects.create(base="MYR", quote="IDR", rate=3500, valid_from=timezone.now() - timedelta(days=2))
    assert get(client, "user/profile", token).json()["data"]["membership"]["progress"]["current"] == 350000


def test_the_highest_level_has_no_next(client: Client, user: User, token: str) -> None:
    User.objects.update(level="ROYAL")
    progress = get(client, "user/profile", token).json()["data"]["membership"]["progress"]
    assert (progress["nextLevel"], progress["percentage"]) == (None, 100)


def test_benefits_as_staff_wrote_them(client: Client, user: User, token: str) -> None:
    Benefit.objects.create(level="PRESTIGE", text={"en": "Second", "id": "Kedua"}, position=2)
    Benefit.objects.create(level="PRESTIGE", text={"en": "First"}, position=1)
    for language, expected in (("en", ["First", "Second"]), ("id", ["First", "Kedua"])):
        shown = get(client, "user/profile", token, **{"Accept-Language": language}).json()["data"]
        assert shown["membership"]["benefits"] == expected


def test_switching_region(client: Client, user: User, token: str) -> None:
    shown = get(client, "user/profile?region=MY", token).json()["data"]
    assert (shown["primaryRegion"], shown["currentRegion"], shown["currency"]) == ("ID", "MY", "MYR")
    assert get(client, "user/profile", token).json()["data"]["currentRegion"] == "MY"
    error_of(get(client, "user/profile?region=XX", token), 400, "INVALID_REGION")
    user.refresh_from_db()
    assert (user.primary_region_id, user.current_region_id) == ("ID", "MY")


# --- Update ---


def put(client: Client, token: str, **fields: Any) -> Any:
    return client.put(
        "/v2/user/profile",
        encode_multipart(BOUNDARY, fields),
        content_type=MULTIPART_CONTENT,
        headers={"Accept-Language": "en", "Authorization": f"Bearer {token}"},
    )


def picture(kind: str = "JPEG", size: tuple[int, int] = (800, 600), **more: Any) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **more)
    return SimpleUploadedFile("me", out.getvalue())


def test_the_example_of_section_36(client: Client, user: User, token: str) -> None:
    answer = put(
        client, token, firstName="Johnny", lastName="D", phoneNumber="0812 9999 8888", profilePicture=picture()
    )
    assert answer.status_code == 200, answer.content
    data = answer.json()["data"]
    assert list(data) == [
        "id", "firstName", "lastName", "email", "phoneNumber", "profilePicture", "status", "updatedAt",
    ]  # fmt: skip
    assert (data["firstName"], data["lastName"], data["phoneNumber"]) == ("Johnny", "D", "+6281299998888")
    assert data["updatedAt"].endswith("+07:00")
    profile = get(client, "user/profile", token).json()["data"]
    assert {name: profile[name] for name in data} == data


def test_what_is_left_out_stays(client: Client, user: User, token: str) -> None:
    put(client, token, lastName="Smith")
    user.refresh_from_db()
    assert (user.first_name, user.last_name, user.phone) == ("John", "Smith", "+628123456789")
    put(client, token, phoneNumber="")
    user.refresh_from_db()
    assert user.phone is None
    answer = client.put(
        "/v2/user/profile",
        {"firstName": "Json", "phoneNumber": None},
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.json()["data"]["firstName"] == "Json"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"firstName": " "}, "firstName"),
        ({"firstName": "x" * 61}, "firstName"),
        ({"phoneNumber": "12"}, "phoneNumber"),
        ({"phoneNumber": "+628111111111"}, "phoneNumber"),
        ({"email": "other@example.com"}, "email"),
        ({"profilePicture": "text"}, "profilePicture"),
    ],
)
def test_what_cannot_be(client: Client, user: User, token: str, fields: dict[str, Any], named: str) -> None:
    member(phone="+628111111111")
    error = error_of(put(client, token, lastName="Smith", **fields), 422, "VALIDATION_ERROR")
    assert list(error["fields"]) == [named]
    user.refresh_from_db()
    assert (user.last_name, user.email) == ("Doe", "john.doe@example.com")


def test_members_only(client: Client) -> None:
    error_of(put(client, "x", firstName="A"), 401, "UNAUTHORIZED")


def stored(client: Client, answer: Any) -> Image.Image:
    address = answer.json()["data"]["profilePicture"]
    served = client.get("/media/" + address.partition("/media/")[2])
    assert (served.status_code, served["Content-Type"]) == (200, "image/jpeg")
    return Image.open(io.BytesIO(served.getvalue()))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_are_drawn_anew(client: Client, user: User, token: str, kind: str) -> None:
    answer = put(client, token, profilePicture=picture(kind))
    assert answer.status_code == 200, answer.content
    shown = stored(client, answer)
    assert (shown.format, shown.size) == ("JPEG", (512, 512))


def test_nothing_but_the_pixels_is_kept(client: Client, user: User, token: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera of John"
    exif[0x0112] = 6  # lies on its side
    out = io.BytesIO()
    half = Image.new("RGB", (400, 400), "red")
    half.paste("blue", (0, 0, 400, 200))
    half.save(out, "JPEG", exif=exif, comment=b"<script>alert(1)</script>", quality=95)
    answer = put(client, token, profilePicture=SimpleUploadedFile("me.svg", out.getvalue(), "image/svg+xml"))
    shown = stored(client, answer)
    assert not shown.getexif() and "comment" not in shown.info
    red, blue = (shown.convert("RGB").getpixel(at) for at in ((100, 200), (300, 200)))
    assert red[0] > 200 and blue[2] > 200  # upright: what was above is on the right


def test_an_old_picture_is_gone(
    client: Client, user: User, token: str, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first = put(client, token, profilePicture=picture()).json()["data"]["profilePicture"]
    with django_capture_on_commit_callbacks(execute=True):
        second = put(client, token, profilePicture=picture()).json()["data"]["profilePicture"]
    assert first != second
    assert client.get("/media/" + first.partition("/media/")[2]).status_code == 404
    assert client.get("/media/" + second.partition("/media/")[2]).status_code == 200


def bomb(side: int = 40000) -> bytes:
    """A PNG of a few hundred bytes that says it has so many pixels each way."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def gif() -> bytes:
    out = io.BytesIO()
    Image.new("P", (10, 10)).save(out, "GIF")
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture", SVG, gif(), bomb(), picture().read()[:300], b"\x89PNG\r\n\x1a\n" + b"\0" * 100],
    ids=["empty", "text", "svg", "gif", "bomb", "cut", "broken"],
)
def test_what_is_no_picture(client: Client, user: User, token: str, content: bytes) -> None:
    answer = put(client, token, profilePicture=SimpleUploadedFile("me.png", content, "image/png"))
    assert list(error_of(answer, 422, "VALIDATION_ERROR")["fields"]) == ["profilePicture"]
    user.refresh_from_db()
    assert user.picture == ""


def test_only_what_is_decoded_small_may_have_a_camera_s_pixels(client: Client, user: User, token: str) -> None:
    """49 million pixels fit a JPEG of a good phone; a PNG of them, 160 kB, would be decoded whole: 350 MB a thread."""
    answer = put(client, token, profilePicture=SimpleUploadedFile("me.png", bomb(7000), "image/png"))
    assert "pixels" in error_of(answer, 422, "VALIDATION_ERROR")["fields"]["profilePicture"]


def test_five_megabytes_at_most(client: Client, user: User, token: str) -> None:
    for extra in (1, 100_000):
        heavy = picture().read() + b"\0" * (5 * 1024 * 1024)
        upload = SimpleUploadedFile("me.jpg", heavy + b"\0" * extra)
        answer = put(client, token, profilePicture=upload)
        assert list(error_of(answer, 422, "VALIDATION_ERROR")["fields"]) == ["profilePicture"]
