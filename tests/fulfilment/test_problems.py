"""Reports of problems: from the owner with a picture, to the order's page for staff, and the answer back."""

from __future__ import annotations

from html import unescape
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.models import User
from core import pictures
from core.models import AuditEntry, MailMessage, StaffCase
from fulfilment.problems import services as problems
from fulfilment.problems.models import ProblemReport
from storefront.orders import invoice
from storefront.orders.models import Order
from tests.fulfilment import desk
from tests.staff import enter

pytestmark = pytest.mark.django_db


def at(order: Order, rest: str = "problem") -> str:
    return f"/en-id/invoices/{order.number}/{rest}?key={invoice.view_key(order)}"


def photo(width: int = 2400, height: int = 1200) -> SimpleUploadedFile:
    """A phone's photo that says where it was taken."""
    out, exif = BytesIO(), Image.Exif()
    exif[0x010E] = "taken at my home"
    Image.new("RGB", (width, height), "navy").save(out, "JPEG", exif=exif)
    return SimpleUploadedFile("me at home.php", out.getvalue(), content_type="image/jpeg")


def send(order: Order, **more):
    return Client().post(at(order), {"topic": "NOT_ARRIVED", "text": "  Nothing <b>came</b>. \n", **more})


def admin() -> User:
    return User.objects.create_superuser(email="boss@example.com", password="x")


def test_a_report_reaches_staff_with_its_picture_drawn_anew(db, settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    order = desk.paid()
    assert send(order, picture=photo()).status_code == 302
    made = ProblemReport.objects.get()
    assert (made.order_id, made.text, made.state) == (order.pk, "Nothing <b>came</b>.", "OPEN")
    kept = pictures.kept(made.picture)
    with Image.open(BytesIO(kept)) as shown:
        assert shown.format == "JPEG" and shown.size == (1600, 800) and not shown.getexif()
    assert b"my home" not in kept and made.picture.endswith(".jpg")
    assert Client().get(f"/media/{made.picture}").status_code == 404
    [case] = StaffCase.objects.filter(kind="problem")
    assert case.about == order.number and case.evidence["picture"] is True
    own = Client().get(at(order, "problem/picture") + f"&report={made.pk}")
    assert own.content == kept and own.headers["Content-Type"] == "image/jpeg"
    page = unescape(Client().get(f"/en-id/invoices/{order.number}?key={invoice.view_key(order)}").content.decode())
    assert "We have your report" in page


def test_another_orders_key_shows_nothing_of_it(db, settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    order, other = desk.paid(), desk.paid()
    send(order, picture=photo(40, 40))
    made = ProblemReport.objects.get()
    assert Client().get(at(other, "problem/picture") + f"&report={made.pk}").status_code == 404
    number = f"/en-id/invoices/{order.number}/problem"
    assert Client().get(number).status_code == 404 and Client().post(number, {}).status_code == 404
    assert Client(enforce_csrf_checks=True).post(at(order), {"topic": "OTHER", "text": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"topic": "STRANGE"}, "Choose one of the options."),
        ({"text": "  "}, "Please say in a few words"),
        ({"text": "x" * 1001}, "under 1000 characters"),
        ({"picture": SimpleUploadedFile("x.jpg", b"<?php echo 1;")}, "JPG, PNG or WebP"),
        ({"picture": SimpleUploadedFile("x.jpg", b"x" * (5 * 1024 * 1024 + 1))}, "5 MB at most"),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_kept(db, settings, tmp_path, given, said):
    settings.PRIVATE_ROOT = tmp_path
    answer = send(desk.paid(), **given)
    assert answer.status_code == 422 and said in unescape(answer.content.decode())
    assert not ProblemReport.objects.exists() and not list(tmp_path.rglob("*.jpg"))


def test_more_reports_than_can_be_answered_wait(db, settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    order = desk.paid()
    assert [send(order).status_code for _ in range(3)] == [302] * 3
    answer = send(order, picture=photo(40, 40))
    assert answer.status_code == 400 and "answers within one working day" in unescape(answer.content.decode())
    assert ProblemReport.objects.count() == 3 and not list(tmp_path.rglob("*.jpg"))


def test_staff_answer_once_and_the_customer_reads_it(db, settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    order = desk.paid()
    send(order, picture=photo(40, 40))
    made, boss = ProblemReport.objects.get(), admin()
    assert problems.answer(made.pk, boss, "Please restart the game.")
    assert not problems.answer(made.pk, boss, "Something else.")
    [told] = MailMessage.objects.filter(template="problem_answered")
    assert told.about == order.number and told.context["answer"] == "Please restart the game."
    case = StaffCase.objects.get(kind="problem")
    assert case.state == "RESOLVED" and case.resolved_by == boss
    assert AuditEntry.objects.filter(action="problem answered", actor=boss.get_username()).count() == 1
    assert "Please restart the game." in Client().get(at(order)).content.decode()


def test_the_back_office_shows_report_and_picture_and_answers(db, settings, tmp_path, client):
    settings.PRIVATE_ROOT = tmp_path
    order = desk.paid()
    send(order, picture=photo(40, 40))
    made = ProblemReport.objects.get()
    picture = reverse("admin:fulfilment_problemreport_picture", args=[made.pk])
    assert client.get(picture).status_code == 302
    enter(client, admin())
    page = client.get(reverse("admin:storefront_order_change", args=[order.pk])).content.decode()
    assert "Nothing &lt;b&gt;came&lt;/b&gt;." in page
    assert picture in client.get(reverse("admin:fulfilment_problemreport_change", args=[made.pk])).content.decode()
    assert client.get(picture).headers["Content-Type"] == "image/jpeg"
    verb = reverse("admin:fulfilment_problemreport_answer_it", args=[made.pk])
    client.post(verb, {"_form_submitted": "True", "answer": "It is there now."})
    made.refresh_from_db()
    assert (made.state, made.answer) == ("ANSWERED", "It is there now.")
