"""The back office's common ground: every page opens, what happened is not edited, what changes is kept and shown."""

from decimal import Decimal

import pytest
from django.contrib import admin
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from core.admin.bases import money_column
from core.admin.tables import moment
from core.admin.translated import TranslatedFormField, TranslatedWidget
from core.cases import open_case
from core.models import AuditEntry, ExchangeRate, InboxMessage, MailMessage, Region, StaffCase
from core.web import prebuilt
from payments.schedule import NEVER
from tests.staff import enter

pytestmark = [pytest.mark.urls("tests.core.doors"), pytest.mark.django_db]
RECORDS = [
    "core_region",
    "core_exchangerate",
    "core_mailmessage",
    "core_staffcase",
    "core_auditentry",
    "core_inboxmessage",
    "core_searchtoken",
    "accounts_user",
    "auth_group",
]
SECRET = "do-not-show-me"


@pytest.fixture
def case(db: None) -> StaffCase:
    open_case("double", "double:1", "Paid twice", about="GATE1", evidence={"captures": [1, 2]}, actions="Refund one.")
    return StaffCase.objects.get()


@pytest.fixture
def sent_mail(db: None) -> MailMessage:
    return MailMessage.objects.create(key="k", to="a@b.example", language="id", template="hello", state="SENT")


def _page(name: str, kind: str = "") -> str:
    return f"/admin/{name.replace('_', '/')}/{kind}"


@pytest.mark.parametrize("name", RECORDS)
def test_every_list_opens_and_searches(admin_client: Client, name: str) -> None:
    assert admin_client.get(_page(name), {"q": "x"}).status_code == 200
    assert admin_client.get(_page(name)).status_code == 200


def test_every_record_opens(admin_client: Client, case: StaffCase, sent_mail: MailMessage, indonesia: Region) -> None:
    InboxMessage.objects.create(
        party="xendit", key="k", path="/hooks", headers={"X-Callback-Token": "*** (11)"}, body='{"<b>": 1}'
    )
    AuditEntry.objects.create(actor="ops", action="changed", subject="x:1", before={"a": 1}, after={"a": 2})
    ExchangeRate.objects.create(base="USD", quote="IDR", rate=16000)
    for model in (Region, ExchangeRate, MailMessage, StaffCase, AuditEntry, InboxMessage):
        one = model._default_manager.first()
        assert one
        response = admin_client.get(f"/admin/core/{model._meta.model_name}/{one.pk}/change/")
        assert response.status_code == 200, model
    assert b"&lt;b&gt;" in admin_client.get(f"/admin/core/inboxmessage/{InboxMessage.objects.get().pk}/change/").content


@pytest.mark.parametrize("name", ["core_mailmessage", "core_staffcase", "core_auditentry", "core_inboxmessage"])
def test_records_are_not_written_by_hand(admin_client: Client, name: str) -> None:
    assert admin_client.get(_page(name, "add/")).status_code == 403


def test_rates_are_added_and_never_edited(admin_client: Client) -> None:
    given = {"base": "USD", "quote": "IDR", "rate": "16000", "valid_from_0": "2026-01-01", "valid_from_1": "00:00:00"}
    assert admin_client.post("/admin/core/exchangerate/add/", given).status_code == 302
    rate = ExchangeRate.objects.get()
    address = f"/admin/core/exchangerate/{rate.pk}/"
    assert admin_client.post(f"{address}change/", given | {"rate": "1"}).status_code == 403
    assert admin_client.post(f"{address}delete/", {"post": "yes"}).status_code == 403
    rate.refresh_from_db()
    assert rate.rate == Decimal(16000)
    assert AuditEntry.objects.get().action == "added"


REGION = {
    "code": "ID",
    "country": "Nusantara",
    "currency": "IDR",
    "dial_code": "+62",
    "time_zone": "Asia/Jakarta",
    "language": "id",
    "is_default": "on",
    "is_active": "on",
    "position": "0",
}


def test_a_change_is_kept_with_before_and_after_and_shown_at_once(
    admin_client: Client, indonesia: Region, django_capture_on_commit_callbacks
) -> None:
    before = prebuilt.version()
    with django_capture_on_commit_callbacks(execute=True):
        response = admin_client.post("/admin/core/region/ID/change/", REGION | {"language": "en"})
    assert response.status_code == 302, response.context["errors"]
    assert prebuilt.version() != before
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject) == ("changed", "core.region:ID")
    assert entry.before == {"country": "Indonesia"}
    assert entry.after == {"country": "Nusantara"}


def test_saving_without_a_change_keeps_nothing(admin_client: Client, indonesia: Region) -> None:
    admin_client.post("/admin/core/region/ID/change/", REGION | {"country": "Indonesia", "language": "en"})
    assert not AuditEntry.objects.exists()


def test_a_case_is_not_resolved_without_a_reason(admin_client: Client, case: StaffCase) -> None:
    address = f"/admin/core/staffcase/{case.pk}/resolve/"
    assert b"reason" in admin_client.get(address).content
    admin_client.post(address, {"_form_submitted": "True", "reason": ""})
    case.refresh_from_db()
    assert case.state == "OPEN"
    response = admin_client.post(address, {"_form_submitted": "True", "reason": "refunded by hand"})
    assert response.status_code == 302
    case.refresh_from_db()
    assert (case.state, case.resolution) == ("RESOLVED", "refunded by hand")
    assert case.resolved_by is not None
    assert AuditEntry.objects.get().why == "refunded by hand"


def test_by_htmx_the_dialog_leads_on_too(admin_client: Client, case: StaffCase) -> None:
    given = {"_form_submitted": "True", "reason": "refunded by hand"}
    response = admin_client.post(f"/admin/core/staffcase/{case.pk}/resolve/", given, headers={"HX-Request": "true"})
    assert response["HX-Redirect"].endswith(f"/admin/core/staffcase/{case.pk}/change/")


def test_looking_does_not_allow_resolving(client: Client, case: StaffCase, django_user_model) -> None:
    looker = django_user_model.objects.create_user("looker@example.com", "x", is_staff=True)
    enter(client, looker)
    client.post(f"/admin/core/staffcase/{case.pk}/resolve/", {"_form_submitted": "True", "reason": "because I can"})
    case.refresh_from_db()
    assert case.state == "OPEN"


def test_a_mail_s_page_shows_no_key_of_the_customer_s(admin_client: Client, sent_mail: MailMessage) -> None:
    sent_mail.context = {
        "code": "123456",
        "invoice": {
            "url": "http://shop/id-id/invoices/GATE1?key=0wner-Key_1",
            "refund": {"claim_url": "http://shop/id-id/refunds/GATE1-R1.S1gned", "amount": "Rp1"},
        },
    }
    sent_mail.save()
    page = admin_client.get(f"/admin/core/mailmessage/{sent_mail.pk}/change/").content.decode()
    assert "invoices/GATE1?key=***" in page and "/refunds/***" in page and "Rp1" in page
    assert not any(secret in page for secret in ("0wner-Key_1", "S1gned", "123456"))


@pytest.mark.urls("config.urls")
def test_a_list_tells_nothing_of_columns_that_its_rows_keep_back(admin_client: Client, sent_mail: MailMessage) -> None:
    """Asked for yes or no, letter by letter, a filter would read out a hash or the key in a mail's link."""
    for asked in ("fulfilment/customer/?password__startswith=p", "core/mailmessage/?context__url__contains=key",
                  "core/stafftoken/?digest__startswith=a", "core/inboxmessage/?body__contains=a",
                  "payments/payout/?sealed__startswith=g", "accounts/user/?password=x"):  # fmt: skip
        assert admin_client.get(f"/admin/{asked}").status_code == 400, asked
    for asked in ("core/mailmessage/?state__exact=SENT", f"core/mailmessage/?id={sent_mail.pk}",
                  "storefront/sku/?product__id__exact=1", "accounts/user/?groups__id__exact=1"):  # fmt: skip
        assert admin_client.get(f"/admin/{asked}").status_code == 200, asked
    answer = admin_client.get("/admin/core/mailmessage/?created_at__year=999999")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/core/mailmessage/?e=1"), "a year no calendar has"


def test_a_mail_is_sent_again_as_a_mail_of_its_own(admin_client: Client, sent_mail: MailMessage) -> None:
    address = f"/admin/core/mailmessage/{sent_mail.pk}/send_again/"
    admin_client.get(address)
    assert MailMessage.objects.count() == 1
    admin_client.post(address, {"_form_submitted": "True", "reason": "customer lost it"})
    again = MailMessage.objects.exclude(pk=sent_mail.pk).get()
    assert (again.state, again.to, again.template) == ("QUEUED", "a@b.example", "hello")
    assert AuditEntry.objects.get().why == "customer lost it"


class Bound:
    """A translated field as a form has it."""

    def __init__(self, **options: bool) -> None:
        is_html = options.pop("is_html", False)
        self.widget = TranslatedWidget(**options)
        self.field = TranslatedFormField(is_html=is_html, widget=self.widget, required=False)

    def sent(self, query: str) -> object:
        return self.field.clean(self.widget.value_from_datadict(QueryDict(query), {}, "title"))


def test_each_language_has_an_input_with_its_name() -> None:
    html = Bound().widget.render("title", {"id": 'Satu "dua"', "th": "สาม"}, {"id": "id_title"})
    assert 'name="title__id"' in html
    assert "Satu &quot;dua&quot;" in html
    assert 'for="id_title__en"' in html
    assert "English" in html
    assert 'name="title__th"' in html


def test_what_was_typed_comes_back_and_empty_languages_do_not() -> None:
    assert Bound().sent("title__id=Satu+&title__en=&title__th=%E0%B8%AA&other__en=x&title__..=x") == {
        "id": "Satu",
        "th": "ส",
    }
    assert Bound(is_list=True).sent("title__id=a%0D%0A%0D%0A+b+&title__en=") == {"id": ["a", "b"]}
    assert Bound(is_html=True).sent("title__en=<b>x</b><script>1</script>") == {"en": "<b>x</b>"}


def test_lists_are_shown_line_by_line() -> None:
    assert ">a\nb</textarea>" in Bound(is_list=True).widget.render("title", {"id": ["a", "b"]})


def test_amounts_are_written_as_people_do() -> None:
    class Row:
        total_minor = 150000
        currency = "IDR"

    assert "Rp150.000" in money_column("total_minor")(None, Row())
    assert "RM1,500.00" in money_column("total_minor", currency=lambda row: "MYR")(None, Row())


def test_all_models_of_the_ground_are_registered() -> None:
    registered = {model._meta.label_lower.replace(".", "_") for model in admin.site._registry}
    assert set(RECORDS) <= registered


@pytest.mark.urls("config.urls")
def test_the_back_office_speaks_the_readers_language() -> None:
    indonesian = Client().get("/admin/login/", headers={"accept-language": "id"})
    assert indonesian.headers["Content-Language"] == "id" and "Selamat datang kembali" in indonesian.content.decode()
    english = Client().get("/admin/login/", headers={"accept-language": "en"})
    assert english.headers["Content-Language"] == "en" and "Log in" in english.content.decode()


@pytest.mark.parametrize("row", ["abc", "0", "-1", "9" * 21, "1'"])
def test_a_verb_of_no_row_is_not_found(admin_client: Client, db: None, row: str) -> None:
    said = {"reason": "who knows", "_form_submitted": "True"}
    for verb in ("core/staffcase/{}/resolve/", "core/mailmessage/{}/send_again/", "payments/refund/{}/approve/",
                 "storefront/order/{}/give_back/", "fulfilment/supplieraccount/{}/resume/"):  # fmt: skip
        address = "/admin/" + verb.format(row)
        assert admin_client.get(address).status_code == 404, address
        assert admin_client.post(address, said).status_code == 404, address
        assert Client().post(address, said).status_code == 302
    for page in ("core/approval", "core/staffcase", "payments/refund", "accounts/user", "fulfilment/customer"):
        assert admin_client.get(f"/admin/{page}/{row}/change/").status_code == 302, page


def test_a_state_is_told_in_words_and_a_case_leads_to_its_order(admin_client: Client, db: None) -> None:
    open_case("refund-review", "refund-review:1", "Money that was not expected", about="GATE0123456789")
    case = StaffCase.objects.get()
    page = _page("core_staffcase")
    english = {"accept-language": "en"}
    assert ">open<" in "".join(admin_client.get(page, headers=english).text.split())
    told = admin_client.get(f"{page}{case.pk}/change/", headers=english).text
    assert "(&#x27;OPEN" not in told
    assert f"{reverse('admin:storefront_order_changelist')}?q=GATE0123456789" in told
    assert moment(NEVER) == moment(None) == "–"
