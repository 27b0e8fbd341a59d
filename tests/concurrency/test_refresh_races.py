"""Many at once with one secret: one refresh token, one back-up code, one app's code, one sign-in, one guesser."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import requests
from django.utils import timezone

from accounts import lockouts, mfa, passwords, tokens
from accounts.models import Lockout, RefreshToken, Session, User
from core.errors import Refused
from tests.accounts.cast import PASSWORD, code_of, member, with_second_factor
from tests.concurrency.test_checkout_tokens import at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 20


@pytest.fixture(autouse=True)
def _unthrottled(settings: Any, live_server: Any) -> None:
    settings.RATE_LIMITS = False
    # Django's test server keeps ten callers waiting and cuts off the rest.
    live_server.thread.httpd.socket.listen(128)


def post(live_server: Any, path: str, body: Any) -> requests.Response:
    return requests.post(f"{live_server.url}/v2/{path}", json=body, timeout=60)


def signed_in(live_server: Any, user: User) -> dict[str, Any]:
    return post(live_server, "auth/login", {"email": user.email, "password": PASSWORD}).json()["data"]


def codes(answers: list[requests.Response]) -> dict[str, int]:
    found = [answer.json()["error"]["code"] for answer in answers if not answer.ok]
    return {code: found.count(code) for code in set(found)}


def test_one_refresh_token_used_by_twenty_at_once(live_server: Any) -> None:
    user = member()
    token = signed_in(live_server, user)["token"]["refreshToken"]
    answers = at_once(lambda _: post(live_server, "auth/refresh-token", {"refreshToken": token}), CLIENTS)
    assert codes(answers) == {"INVALID_TOKEN": CLIENTS - 1}
    # Nobody lost the session over it, and there is one successor.
    assert Session.objects.get().ended_at is None
    assert RefreshToken.objects.filter(used_at=None).count() == 1
    [winner] = [answer for answer in answers if answer.ok]
    again = post(live_server, "auth/refresh-token", {"refreshToken": winner.json()["data"]["refreshToken"]})
    assert again.ok


def test_without_the_condition_many_would_succeed(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a token that is looked at first and marked later goes to several."""
    user = member()
    token = signed_in(live_server, user)["token"]["refreshToken"]
    looked, second_has_looked = itertools.count(1), threading.Event()

    def looked_at_first(given: str) -> tokens.Pair:
        row = RefreshToken.objects.select_related("session__user").get(hash=tokens._hash(given))
        if row.used_at is not None:
            raise tokens.invalid_token()
        # The rival always comes between look and mark, however quick the machine.
        if next(looked) >= 2:
            second_has_looked.set()
        second_has_looked.wait(10)
        pair = tokens.issue(row.session, timezone.now())
        RefreshToken.objects.filter(pk=row.pk).update(used_at=timezone.now())
        return pair

    monkeypatch.setattr(tokens, "refresh", looked_at_first)
    answers = at_once(lambda _: post(live_server, "auth/refresh-token", {"refreshToken": token}), CLIENTS)
    assert sum(answer.ok for answer in answers) > 1


def test_one_back_up_code_used_twice_at_once(live_server: Any) -> None:
    user = member()
    code = with_second_factor(user)[0]
    mfa_tokens = [signed_in(live_server, user)["mfaToken"] for _ in range(4)]
    answers = at_once(
        lambda n: post(live_server, "auth/verify-mfa", {"mfaToken": mfa_tokens[n], "code": code}), len(mfa_tokens)
    )
    assert codes(answers) == {"INVALID_MFA_CODE": len(mfa_tokens) - 1}
    assert Session.objects.count() == 1


def test_one_app_code_used_twice_at_once(live_server: Any) -> None:
    user = member()
    with_second_factor(user)
    mfa_tokens = [signed_in(live_server, user)["mfaToken"] for _ in range(4)]
    code = code_of(user)
    answers = at_once(
        lambda n: post(live_server, "auth/verify-mfa", {"mfaToken": mfa_tokens[n], "code": code}), len(mfa_tokens)
    )
    assert codes(answers) == {"INVALID_MFA_CODE": len(mfa_tokens) - 1}


def test_one_sign_in_finished_twice_at_once(live_server: Any) -> None:
    user = member()
    backup = with_second_factor(user)
    token = signed_in(live_server, user)["mfaToken"]
    answers = at_once(lambda n: post(live_server, "auth/verify-mfa", {"mfaToken": token, "code": backup[n]}), 4)
    assert codes(answers) == {"INVALID_TOKEN": 3}
    assert Session.objects.count() == 1


def test_many_guessers_get_no_more_tries_than_one(live_server: Any) -> None:
    user = member()
    body = {"email": user.email, "password": "wrong"}
    answers = at_once(lambda _: post(live_server, "auth/login", body), 30)
    assert codes(answers) == {"INVALID_CREDENTIALS": 10, "RATE_LIMIT_EXCEEDED": 20}
    assert Lockout.objects.get().tries == 30


def test_tries_are_counted_one_by_one() -> None:
    taken = at_once(lambda _: lockouts.take(lockouts.CODE, "somebody"), 40)
    assert taken.count(True) == lockouts.CODE.most
    assert Lockout.objects.get().tries == 40


def test_two_set_ups_at_once_leave_one_secret() -> None:
    user = member()
    setups = at_once(lambda _: mfa.enable(user), 5)
    assert not [setup for setup in setups if isinstance(setup, Exception)]
    mfa.confirm_setup(user, code_of(user))  # .get() inside: there is one device
    assert mfa.backup_codes_left(user) == mfa.BACKUP_CODES


def test_the_same_address_registered_by_many_at_once(live_server: Any) -> None:
    member()  # the region stands
    form = {
        "firstName": "John",
        "email": "john.doe@example.com",
        "phoneNumber": "+628123456789",
        "password": PASSWORD,
        "confirmPassword": PASSWORD,
    }
    answers = at_once(lambda _: post(live_server, "auth/register", form), 8)
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 7
    assert User.objects.filter(email="john.doe@example.com").count() == 1


def test_a_password_change_leaves_no_refresh_token_whoever_is_quicker() -> None:
    """Sign-ins and refreshes race the change of the password: whatever came before it is worth nothing after it."""
    for _ in range(5):
        user = member()
        kept, pair = _session(user)
        other, other_pair = _session(user)
        new = "NewSecureP@ss1"
        acts: list[Callable[[], Any]] = [
            partial(passwords.change, user, PASSWORD, new, new, session_id=kept.pk),
            partial(tokens.refresh, pair.refresh),
            partial(tokens.refresh, other_pair.refresh),
        ]
        outcomes = at_once(partial(_act, acts), len(acts))
        assert outcomes[0] is None
        for late in outcomes[1:]:
            if isinstance(late, tokens.Pair):
                with pytest.raises(Refused):
                    tokens.refresh(late.refresh)
        other.refresh_from_db()
        assert other.ended_why == "PASSWORD"
        assert not RefreshToken.objects.filter(session=kept, used_at=None).exists()


def _act(acts: list[Callable[[], Any]], number: int) -> Any:
    return acts[number]()


def _session(user: User) -> tuple[Session, tokens.Pair]:
    session = Session.objects.create(user=user, kind=Session.Kind.API)
    return session, tokens.issue(session, timezone.now())
