"""The account's pages: the same rules as the API, with a cookie instead of tokens."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.contrib.sessions.models import Session as Cookie
from django.test import Client

from accounts.models import Authenticator, Session, User
from storefront.inquiries.services import token_of
from tests.accounts.cast import FORM, PASSWORD, code_of, log_in, mails_to, member, token_in, with_second_factor, written
from tests.conftest import Sandbox
from tests.storefront import factories

pytestmark = pytest.mark.django_db
HERE = "/en-id/account/"
NEW = "NewSecureP@ssw0rd"


@pytest.fixture(autouse=True)
def _regions(db: None) -> None:
    factories.region("ID")


def enter(client: Client, user: User, password: str = PASSWORD, **more: str) -> Any:
    return client.post(f"{HERE}sign-in", {"email": user.email, "password": password, **more})


def says(answer: Any, status: int, *texts: str) -> str:
    html = answer.content.decode()
    assert answer.status_code == status, html[:2000]
    for text in texts:
        assert text in html
    return html


def hidden(html: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', html)[1]


PAGES = ["sign-in", "register", "forgot", "resend", "verify?email=a@example.com&token=x", "reset?token=x"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("place", ["en-id", "id-id"])
def test_pages_for_guests(client: Client, page: str, place: str) -> None:
    answer = client.get(f"/{place}/account/{page}")
    says(answer, 200, "csrfmiddlewaretoken", 'content="noindex"')
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("page", ["", "profile", "security"])
def test_pages_for_members(client: Client, page: str) -> None:
    answer = client.get(HERE + page)
    assert (answer.status_code, answer["Location"]) == (302, f"{HERE}sign-in?next=%2Fen-id%2Faccount%2F{page}")
    enter(client, member())
    assert client.get(HERE + page, follow=True).status_code == 200


@pytest.mark.parametrize("page", ["security/password", "security/mfa", "security/mfa/confirm", "security/devices"])
def test_acts_of_members_need_one(client: Client, page: str) -> None:
    assert client.post(HERE + page)["Location"] == f"{HERE}sign-in"
    enter(client, member())
    assert client.get(HERE + page).status_code == 405


def test_forms_of_other_sites_are_refused() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert enter(strict, member()).status_code == 403
    assert not Session.objects.exists()


def test_from_the_form_to_the_account(client: Client) -> None:
    order = factories.order(email=FORM["email"])
    says(client.post(f"{HERE}register", FORM), 200, FORM["email"])
    [mail] = mails_to(FORM["email"])
    link = re.search(r"https?://\S+", str(written(mail).body))[0]
    parts = urlsplit(link)
    assert parts.path == f"{HERE}verify"
    page = client.get(f"{parts.path}?{parts.query}")
    html = says(page, 200)
    # Nothing stricter: with "no-referrer" browsers hide where the form comes from, and it would be refused.
    assert page["Referrer-Policy"] == "same-origin"
    assert User.objects.get().status == "INACTIVE"  # mail programs open links by themselves
    body = {"email": FORM["email"], "token": hidden(html, "token")}
    assert client.post(f"{HERE}verify", body)["Location"] == HERE
    user = User.objects.get()
    assert user.status == "ACTIVE"
    order.refresh_from_db()
    assert order.user == user
    says(client.get(f"{HERE}profile"), 200, FORM["email"])
    # The link is used up.
    says(Client().post(f"{HERE}verify", body), 400, "Send me another link")


def test_what_is_wrong_stands_at_its_field(client: Client) -> None:
    member(FORM["email"])
    html = says(client.post(f"{HERE}register", FORM | {"confirmPassword": "x", "phoneNumber": "1"}), 422)
    for name in ("email", "phoneNumber", "confirmPassword"):
        assert f'id="{name}-says"' in html.replace('<p class="hint"', "")
    assert PASSWORD not in html
    assert 'value="John"' in html


def test_signing_in_and_out(client: Client) -> None:
    user = member()
    says(enter(client, user, "wrong"), 401, "not right")
    answer = enter(client, user)
    assert (answer.status_code, answer["Location"]) == (302, HERE)
    session = Session.objects.get()
    assert (session.kind, session.ended_at) == ("PAGE", None)
    says(client.get(f"{HERE}head"), 200, "John")
    assert client.get(f"{HERE}sign-in")["Location"] == HERE
    client.post(f"{HERE}sign-out")
    session.refresh_from_db()
    assert session.ended_why == "LOGOUT"
    assert client.get(f"{HERE}profile").status_code == 302


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("/en-id/mobile-legends?sku=1", "/en-id/mobile-legends?sku=1"),
        ("https://evil.example/", HERE),
        ("//evil.example", HERE),
        ("/\\evil.example", HERE),
        ("javascript:alert(1)", HERE),
    ],
)
def test_a_sign_in_leads_back_but_never_away(client: Client, asked: str, leads_to: str) -> None:
    assert enter(client, member(), next=asked)["Location"] == leads_to


def test_an_unproved_address_is_offered_another_link(client: Client) -> None:
    user = member(status="INACTIVE", email_verified_at=None)
    says(enter(client, user), 401, f'action="{HERE}resend"')
    says(client.post(f"{HERE}resend", {"email": user.email}), 200, user.email)
    assert mails_to(user.email, "account_verify")


def test_suspension_closes_pages_at_once(client: Client) -> None:
    user = member()
    enter(client, user)
    User.objects.update(status="SUSPENDED")
    assert client.get(f"{HERE}profile").status_code == 302
    says(enter(client, user), 401, "suspended")


def test_the_second_factor(client: Client) -> None:
    user = member()
    enter(client, user)
    html = says(client.post(f"{HERE}security/mfa"), 200, "<svg")
    codes = re.findall(r"<li><code>(\w{8})</code>", html)
    assert len(codes) == 5
    again = says(
        client.post(f"{HERE}security/mfa/confirm", {"code": "000000", "sealed": hidden(html, "sealed")}), 400, *codes
    )
    body = {"code": code_of(user), "sealed": hidden(again, "sealed")}
    assert client.post(f"{HERE}security/mfa/confirm", body)["Location"] == f"{HERE}security?done=mfa"
    says(client.get(f"{HERE}security"), 200, "5 back-up codes are left")
    client.post(f"{HERE}sign-out")

    html = says(enter(client, user, next="/en-id/help"), 200, "authenticator app")
    assert Session.objects.filter(ended_at=None).count() == 0
    body = {"mfaToken": hidden(html, "mfaToken"), "next": hidden(html, "next")}
    says(client.post(f"{HERE}code", body | {"code": "000000"}), 401, "not right")
    assert client.post(f"{HERE}code", body | {"code": codes[0]})["Location"] == "/en-id/help"
    says(client.get(f"{HERE}security"), 200, "4 back-up codes are left")
    # Finished once: the same sign-in with another code is none.
    says(Client().post(f"{HERE}code", body | {"code": codes[1]}), 401)

    off = {"code": codes[2], "password": "wrong"}
    says(client.post(f"{HERE}security/mfa/disable", off), 400, "not your current password")
    assert Authenticator.objects.exists()
    done = client.post(f"{HERE}security/mfa/disable", off | {"password": PASSWORD})
    assert done["Location"] == f"{HERE}security?done=mfa-off"
    assert not Authenticator.objects.exists()


def test_new_back_up_codes_for_password_and_code_shown_once(client: Client) -> None:
    user = member()
    codes = with_second_factor(user)
    asked = hidden(says(enter(client, user), 200, "authenticator app"), "mfaToken")
    assert client.post(f"{HERE}code", {"mfaToken": asked, "code": codes[0]}).status_code == 302
    renewal = {"code": codes[1], "password": "wrong"}
    says(client.post(f"{HERE}security/mfa/codes", renewal), 400, "not your current password")
    says(client.post(f"{HERE}security/mfa/codes", {"code": "AAAAAAAA", "password": PASSWORD}), 400, "not right")
    html = says(client.post(f"{HERE}security/mfa/codes", renewal | {"password": PASSWORD}), 200, "new back-up codes")
    fresh = re.findall(r"<li><code>(\w{8})</code>", html)
    assert len(set(fresh) - set(codes)) == 5
    assert "data:text/plain;charset=utf-8,Gerbang%0A%0A" + "".join(f"{code}%0A" for code in fresh) in html
    html = says(client.get(f"{HERE}security"), 200, "5 back-up codes are left")
    assert not [code for code in fresh if code in html]
    old, new = ({"code": one, "password": PASSWORD} for one in (codes[2], fresh[0]))
    says(client.post(f"{HERE}security/mfa/disable", old), 400, "not right")
    assert client.post(f"{HERE}security/mfa/disable", new).status_code == 302


def test_changing_the_password_keeps_this_browser_only(client: Client) -> None:
    user = member()
    enter(client, user)
    elsewhere = Client()
    enter(elsewhere, user)
    tokens = log_in(Client(), user)
    body = {"currentPassword": "wrong", "newPassword": NEW, "confirmPassword": NEW}
    says(client.post(f"{HERE}security/password", body), 400, "not your current password")
    done = client.post(f"{HERE}security/password", body | {"currentPassword": PASSWORD})
    assert done["Location"] == f"{HERE}security?done=password"
    assert client.get(f"{HERE}security").status_code == 200
    assert elsewhere.get(f"{HERE}security").status_code == 302
    refreshed = client.post(
        "/v2/auth/refresh-token", {"refreshToken": tokens["refreshToken"]}, content_type="application/json"
    )
    assert refreshed.status_code == 401
    [row] = Session.objects.filter(ended_at=None)
    assert Cookie.objects.filter(session_key=row.cookie).exists()


def test_a_forgotten_password(client: Client) -> None:
    user = member()
    known = says(client.post(f"{HERE}forgot", {"email": user.email}), 200)
    unknown = says(client.post(f"{HERE}forgot", {"email": "nobody@example.com"}), 200)
    bare = [re.sub(r'value="\w{64}"', "", html) for html in (known, unknown)]
    assert bare[0].replace(user.email, "X") == bare[1].replace("nobody@example.com", "X")
    token = token_in(mails_to(user.email, "account_reset")[0])
    says(client.get(f"{HERE}reset?token={token}"), 200, "newPassword")
    body = {"token": token, "newPassword": NEW, "confirmPassword": NEW}
    says(client.post(f"{HERE}reset", body | {"confirmPassword": "x"}), 422, "confirmPassword-says")
    assert client.post(f"{HERE}reset", body)["Location"] == f"{HERE}sign-in?done=reset"
    assert enter(client, user, NEW).status_code == 302
    says(Client().post(f"{HERE}reset", body), 400, "Send me another link")


def test_devices_are_seen_and_signed_out(client: Client) -> None:
    user, stranger = member(), member()
    enter(client, user)
    elsewhere, theirs = Client(headers={"User-Agent": "Mozilla/5.0 (iPhone) Safari/605"}), Client()
    enter(elsewhere, user)
    enter(theirs, stranger)
    app = log_in(Client(headers={"User-Agent": "Gerbang-App/1.0"}), user)
    html = says(client.get(f"{HERE}security"), 200, "Safari · iPhone", "Gerbang-App", "this one")
    assert html.count('name="device"') == 4
    phone = Session.objects.get(device="Safari · iPhone")
    foreign = Session.objects.get(user=stranger)
    assert client.post(f"{HERE}security/devices", {"device": foreign.pk.hex}).status_code == 404
    assert client.post(f"{HERE}security/devices", {"device": "x"}).status_code == 404
    assert theirs.get(f"{HERE}security").status_code == 200
    client.post(f"{HERE}security/devices", {"device": phone.pk.hex})
    assert elsewhere.get(f"{HERE}security").status_code == 302
    client.post(f"{HERE}security/devices", {"device": "others"})
    profile = client.get("/v2/user/profile", headers={"Authorization": f"Bearer {app['accessToken']}"})
    assert profile.status_code == 401
    assert client.get(f"{HERE}security").status_code == 200


def test_the_profile(client: Client) -> None:
    user = member(phone="+628123456789")
    enter(client, user)
    says(client.get(f"{HERE}profile"), 200, "08123456789", user.email)
    body = {"firstName": "Jane", "lastName": "", "phoneNumber": "0812 9999 8888", "email": "other@example.com"}
    assert client.post(f"{HERE}profile", body)["Location"] == f"{HERE}profile?done=profile"
    email = user.email
    user.refresh_from_db()
    assert (user.first_name, user.last_name, user.phone, user.email) == ("Jane", "", "+6281299998888", email)
    says(client.post(f"{HERE}profile", body | {"phoneNumber": "1"}), 422, "phoneNumber-says")


def test_names_are_shown_as_text(client: Client) -> None:
    user = member(first_name="<b>John</b>")
    enter(client, user)
    for page in ("profile", "head"):
        assert "<b>John</b>" not in says(client.get(HERE + page), 200)


# --- Google ---


def from_google(client: Client, sandbox: Sandbox, email: str) -> Any:
    """The way to Google's page and back, as a browser goes it."""
    there = client.get(f"{HERE}google?next=/en-id/help")
    assert there.status_code == 302
    back = requests.get(f"{there['Location']}&login_hint={email}", allow_redirects=False).headers["Location"]
    parts = urlsplit(back)
    assert parts.path == "/account/google/callback"
    return client.get(f"{parts.path}?{parts.query}")


def test_google_makes_a_member_and_knows_them_again(client: Client, sandbox: Sandbox) -> None:
    answer = from_google(client, sandbox, "google.customer@example.com")
    assert answer["Location"] == "/en-id/help"
    user = User.objects.get()
    assert (user.email, user.first_name, user.status) == ("google.customer@example.com", "Gita", "ACTIVE")
    says(client.get(f"{HERE}security"), 200, "You sign in with Google")
    again = Client()
    assert from_google(again, sandbox, "google.customer@example.com").status_code == 302
    assert User.objects.count() == 1


def test_google_and_the_second_factor(client: Client, sandbox: Sandbox) -> None:
    user = member("customer@example.com")
    with_second_factor(user)
    html = says(from_google(client, sandbox, user.email), 200, "authenticator app")
    body = {"mfaToken": hidden(html, "mfaToken"), "code": code_of(user)}
    assert client.post(f"{HERE}code", body).status_code == 302


def test_ways_from_google_that_lead_nowhere(client: Client, sandbox: Sandbox) -> None:
    says(from_google(client, sandbox, "unverified@example.com"), 401, "Google has not verified")
    assert client.get("/account/google/callback?code=x&state=x")["Location"] == "/"  # no errand of this browser
    location = client.get(f"{HERE}google")["Location"]
    state = parse_qs(urlsplit(location).query)["state"][0]
    says(client.get("/account/google/callback?code=x&state=forged"), 400)
    client.get(f"{HERE}google")
    says(client.get(f"/account/google/callback?error=access_denied&state={state}"), 400)
    assert not User.objects.exists()


# --- Buying ---


def test_what_a_member_buys_on_a_page_is_theirs(client: Client, sandbox: Sandbox) -> None:
    user = member()
    enter(client, user)
    quote = factories.inquiry(user=user)
    body = {"validationToken": token_of(quote)}
    says(Client().post("/en-id/place", body), 400)  # a member's quote is nobody else's
    answer = client.post("/en-id/place", body)
    assert answer.status_code == 302
    [order] = user.orders.all()
    assert answer["Location"] == f"/en-id/invoices/{order.number}"
    elsewhere = Client()
    enter(elsewhere, user)
    assert order.email in elsewhere.get(answer["Location"]).content.decode()
    assert order.email not in Client().get(answer["Location"]).content.decode()
