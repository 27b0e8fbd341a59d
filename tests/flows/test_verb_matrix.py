"""Role by verb by door, from outside: every dialog of the back office, every other page that moves something, every
write of the admin API. What a role may not do is sent as whole as can be, and not a row of the shop changes.

The third door, commands, is nobody's: test_command_matrix.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.backends import ModelBackend
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts import roles
from accounts.models import User
from core.approvals import kinds
from core.cases import open_case
from core.models import AlertAddress, Approval, InboxMessage, MailMessage, PoisonRow, StaffCase
from core.sheets import importing
from fulfilment import profiles
from fulfilment.api.admin.urls import scopes
from fulfilment.models import Code, PriceDraft, PriceLine, ProblemReport, ProductTask, Statement
from payments.models import Capture, Payment, Payout, Refund
from storefront.sheets import goods
from tests import verb_rows
from tests.flows.test_admin_api_matrix import SCOPE, status
from tests.flows.test_roles import NAMES, person, row
from tests.fulfilment import by_reference, desk, vouchers
from tests.payments.back import claimable, claimed
from tests.payments.cast import TOTAL
from tests.payments.members import member
from tests.payments.test_giving_back import review
from tests.staff import enter
from tests.staff_tokens import Script
from tests.storefront import factories
from tests.verb_rows import SAID, address, discrepancy, purchase

pytestmark = pytest.mark.django_db
# Catalogue, marketing, support, finance, ops, owner: + may, - may not.
PAGES = {
    "accounts_user_end_sessions":              "--+--+",
    "accounts_user_reset_second_factor":       "--+--+",
    "core_alertaddress_try_out":               "----++",
    "core_approval_approve":                   "---+-+",
    "core_approval_refuse":                    "---+-+",
    "core_discrepancy_look_again":             "---+++",
    "core_discrepancy_settle":                 "---+-+",
    "core_discrepancy_give_to_order":          "---+-+",
    "core_discrepancy_book_refund":            "---+-+",
    "core_discrepancy_give_to_purchase":       "----++",
    "core_discrepancy_mark_arrived":           "----++",
    "core_discrepancy_mark_failed":            "----++",
    "core_discrepancy_book_cost":              "----++",
    "core_discrepancy_explain":                "---+++",
    "core_discrepancy_open_case":              "---+++",
    "core_inboxmessage_work_again":            "----++",
    "core_mailmessage_send_again":             "--+-++",
    "core_staffcase_resolve":                  "--++++",
    "core_staffcase_take":                     "--++++",
    "core_staffcase_try_again":                "--++++",
    "core_stafftoken_revoke":                  "+--+++",
    "fulfilment_attempt_adopt_row":            "----++",
    "fulfilment_attempt_look_now":             "----++",
    "fulfilment_attempt_mark_arrived":         "----++",
    "fulfilment_attempt_mark_failed":          "----++",
    "fulfilment_attempt_mark_not_made":        "----++",
    "fulfilment_code_replace":                 "----++",
    "fulfilment_code_reveal":                  "----++",
    "fulfilment_code_take_back":               "----++",
    "fulfilment_codebatch_discard":            "----++",
    "fulfilment_codebatch_put_on_sale":        "----++",
    "fulfilment_customer_adjust_balance":      "--++-+",
    "fulfilment_customer_claim_orders":        "--+--+",
    "fulfilment_customer_end_sessions":        "--+--+",
    "fulfilment_customer_erase":               "-----+",
    "fulfilment_customer_export":              "--+--+",
    "fulfilment_customer_reset_second_factor": "--+--+",
    "fulfilment_customer_restore":             "--+--+",
    "fulfilment_customer_suspend":             "--+--+",
    "fulfilment_customer_write_note":          "--++++",
    "fulfilment_pricedraft_compute":           "+--+-+",
    "fulfilment_pricedraft_drop":              "+--+-+",
    "fulfilment_pricedraft_publish":           "+--+-+",
    "fulfilment_pricedraft_undo":              "+--+-+",
    "fulfilment_problemreport_answer_it":      "--+-++",
    "fulfilment_producttask_close_skus":       "+---++",
    "fulfilment_producttask_ignore_it":        "+---++",
    "fulfilment_producttask_map_it":           "+---++",
    "fulfilment_statement_book_funding":       "---+-+",
    "fulfilment_statement_explain":            "---+-+",
    "fulfilment_supplieraccount_close_circuit": "----++",
    "fulfilment_supplieraccount_open_circuit": "----++",
    "fulfilment_supplieraccount_resume":       "----++",
    "fulfilment_supplierproduct_write_number": "----++",
    "payments_capture_set_fee":                "---+-+",
    "payments_payment_look_now":               "--++++",
    "payments_payout_approve":                 "---+-+",
    "payments_payout_mark_paid":               "---+-+",
    "payments_payout_prepare":                 "--++-+",
    "payments_payout_return_it":               "--++-+",
    "payments_refund_accept":                  "---+-+",
    "payments_refund_approve":                 "---+-+",
    "payments_refund_confirm_paid":            "---+-+",
    "payments_refund_decline":                 "---+-+",
    "payments_refund_prepare_by_hand":         "---+-+",
    "payments_refund_send_again":              "---+-+",
    "storefront_order_cancel_order":           "--++-+",
    "storefront_order_change_account":         "--+--+",
    "storefront_order_check_again":            "--++++",
    "storefront_order_credit_wallet":          "--++-+",
    "storefront_order_give_back":              "--++-+",
    "storefront_order_merge_guest":            "--+--+",
    "storefront_order_send_again":             "--+-++",
    "storefront_order_switch_supplier":        "----++",
    "storefront_order_write_note":             "--++++",
    # Pages of their own.
    "/admin/operations/suppliers/gemgo/open/":    "----++",
    "/admin/operations/gateways/xendit/close/":   "----++",
    "/admin/operations/rows/{row}/again/":        "----++",
    "/admin/core/sheetimport/files/prices/read":  "+----+",
    "/admin/core/sheetimport/{file}/publish":     "+----+",
    "/admin/core/sheetimport/{file}/undo":        "+----+",
    "/admin/fulfilment/codestock/{stock}/import/": "----++",
    "/admin/fulfilment/statement/export/":        "---+++",
    "/admin/core/approvallimit/add/":             "-----+",
    "/admin/core/stafftoken/add/":                "+--+++",
    "/admin/core/exchangerate/add/":              "---+-+",
    "/admin/payments/gatewayfee/add/":            "---+-+",
    "/admin/accounts/user/add/":                  "-----+",
    "/admin/auth/group/add/":                     "-----+",
}  # fmt: skip
BULK = {
    "storefront_order check_all_again":      "--++++",
    "storefront_order send_all_again":       "--+-++",
    "core_staffcase take_all":               "--++++",
    "core_staffcase resolve_all":            "--++++",
    "fulfilment_producttask ignore_many":    "+---++",
    "fulfilment_priceline allow":            "+--+-+",
    "fulfilment_priceline leave_out":        "+--+-+",
    "fulfilment_priceline decide_nothing":   "+--+-+",
}  # fmt: skip
# Support makes no tokens: nobody of it comes in by the admin API.
API = {
    "orders/{number}/check-again":           "---+++",
    "orders/{number}/send-again":            "----++",
    "orders/{number}/switch-supplier":       "----++",
    "orders/{number}/cancel":                "---+-+",
    "orders/{number}/refund":                "---+-+",
    "orders/{number}/account-proposals":     "-----+",
    "orders/{number}/change-account":        "-----+",
    "orders/{number}/notes":                 "---+++",
    "customers/{number}/credit":             "---+-+",
    "refunds/{reference}/approve":           "---+-+",
    "refunds/{reference}/decline":           "---+-+",
    "approvals/{number}/approve":            "+--+-+",
    "approvals/{number}/refuse":             "+--+-+",
    "payouts/{number}/prepare":              "---+-+",
    "payouts/{number}/approve":              "---+-+",
    "payouts/{number}/paid":                 "---+-+",
    "payouts/{number}/return":               "---+-+",
    "cases/{number}/resolve":                "---+++",
    "sheets/{code}/imports":                 "+----+",
    "imports/{number}/publish":              "+----+",
    "imports/{number}/undo":                 "+----+",
}  # fmt: skip
# Who is the second person of what: by the kind of what was asked for.
SECOND = {"refund": "---+-+", "payout": "-----+", "balance": "---+-+", "prices": "+--+-+", "price-file": "+--+-+"}


@pytest.fixture
def offices(settings: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Client]:
    """A person of each role, signed in. Whether a door opens is asked here, and not what stands behind it: dialogs and
    refusals are not drawn, and what somebody may do, which stays, is read once."""
    known: dict[int, set[str]] = {}
    read = ModelBackend.get_all_permissions

    def read_once(backend: ModelBackend, user: Any, obj: Any = None) -> set[str]:
        if user.pk not in known:
            known[user.pk] = read(backend, user, obj)
        return known[user.pk]

    monkeypatch.setattr(ModelBackend, "get_all_permissions", read_once)
    monkeypatch.setattr("unfold.decorators.render", lambda *_, **__: HttpResponse())
    monkeypatch.setattr("core.web.errors.refused", lambda request, refusal: HttpResponse(status=refusal.status))
    settings.RATE_LIMITS = False
    roles.sync()
    return {name: enter(Client(headers={"accept-language": "en"}), person(name)) for name in NAMES}


def approval(kind: str) -> Approval:
    until = timezone.now() + verb_rows.LONG_AGO
    return Approval.objects.create(
        key=kind, kind=kind, subject="core.region:ID", title="x", why="x", asked_by="sari", expires_at=until
    )


def price_file() -> int:
    price = factories.sku().prices.get()
    line = f"sku,region,price\n{price.sku.code},{price.region_id},{price.price_minor + 1}\n"
    return importing.read_file(goods.PRICES, line.encode(), file_name="x.csv", by="x").pk


def reference_purchase() -> int:
    return purchase("ACCEPTED", by_reference.product(), "REF-1").pk


def _orders_rows() -> dict[str, int]:
    _order, _payment, wrong = review(TOTAL - 1_000)
    factories.region("ID")
    stock = vouchers.opened()
    vouchers.fill(stock, 1)
    refund, given = claimable(), claimable()
    Refund.objects.filter(pk=given.pk).update(state="REVIEW", why="GOODWILL")
    asked, prepared, approved = claimed(), claimed(), claimed()
    Payout.objects.filter(pk=prepared.pk).update(state="PREPARED", prepared_by="sari")
    Payout.objects.filter(pk=approved.pk).update(state="APPROVED", prepared_by="sari", approved_by="dewi")
    waits = verb_rows.unanswered()
    report = ProblemReport.objects.create(order=refund.order, topic="OTHER", text="It is odd.")
    return {
        "storefront_order": refund.order_id,
        "payments_payment": Payment.objects.latest("id").pk,
        "payments_capture": Capture.objects.latest("id").pk,
        "payments_refund_approve": wrong.pk,
        "payments_refund_accept": wrong.pk,
        "payments_refund_decline": given.pk,
        "payments_refund_prepare_by_hand": refund.pk,
        "payments_refund": waits.pk,
        "payments_payout_prepare": asked.pk,
        "payments_payout_approve": prepared.pk,
        "payments_payout": approved.pk,
        "fulfilment_problemreport": report.pk,
        "fulfilment_codebatch": vouchers.draft(stock, "AAAA-1111-BBBB").pk,
        "fulfilment_code": Code.objects.latest("id").pk,
        "stock": stock.pk,
    }


def _supply_rows() -> dict[str, int]:
    unknown, known = purchase("UNKNOWN"), reference_purchase()
    gemgo, digiflazz, now = desk.account(), profiles.ensure("digiflazz"), timezone.now()
    days = [
        Statement.objects.create(account=one, day=now, currency=one.currency, opened_at=now, opening_minor=1, **more)
        for one, more in ((gemgo, {"closed_at": now, "rest_minor": 5}), (digiflazz, {}))
    ]
    drafts = [PriceDraft.objects.create(state=state, cause="HAND", digest="x", made_by="x")
              for state in ("DRAFT", "PUBLISHED")]  # fmt: skip
    payment = Payment.objects.latest("id")
    about_payment = discrepancy("THEIRS_ONLY", payment.pk, party="xendit", subject="PAYMENT").pk
    lost = discrepancy("OURS_ONLY", unknown.pk).pk
    return {
        "fulfilment_attempt_adopt_row": unknown.pk,
        "fulfilment_attempt_mark_not_made": unknown.pk,
        "fulfilment_attempt": known,
        "fulfilment_supplieraccount": gemgo.pk,
        "fulfilment_supplierproduct": desk.product().pk,
        "fulfilment_producttask": ProductTask.objects.create(product=desk.product(), kind="NEW").pk,
        "fulfilment_statement_explain": days[0].pk,
        "fulfilment_statement": days[1].pk,
        "fulfilment_pricedraft": drafts[0].pk,
        "fulfilment_pricedraft_undo": drafts[1].pk,
        "fulfilment_priceline": PriceLine.objects.create(
            draft=drafts[0], sku=factories.sku(), region_id="ID", old_minor=1, old_original_minor=1, new_minor=2
        ).pk,
        "core_discrepancy": about_payment,
        "core_discrepancy_give_to_order": discrepancy("THEIRS_ONLY", None, party="xendit", subject="PAYMENT").pk,
        "core_discrepancy_book_refund": discrepancy(
            "THEIRS_ONLY", payment.pk, party="xendit", subject="REFUND", reference=payment.reference
        ).pk,
        "core_discrepancy_give_to_purchase": discrepancy("THEIRS_ONLY", verb_rows.history_row(unknown).pk).pk,
        "core_discrepancy_mark_arrived": lost,
        "core_discrepancy_mark_failed": lost,
        "core_discrepancy_book_cost": discrepancy("DIFFERING", unknown.pk).pk,
    }


def _ground_rows() -> dict[str, int]:
    customer, now = member("customer"), timezone.now()
    open_case("set-aside", "set-aside:1", "A row that fails")
    mail = MailMessage.objects.create(key="k", to="a@b.example", language="id", template="hello", state="SENT")
    return {
        "accounts_user": customer.pk,
        "fulfilment_customer": customer.pk,
        "core_approval": approval("balance").pk,
        "core_staffcase": StaffCase.objects.get(kind="set-aside").pk,
        "core_mailmessage": mail.pk,
        "core_inboxmessage": InboxMessage.objects.create(party="xendit", key="k", path="/", body="{}").pk,
        "core_alertaddress": AlertAddress.objects.create(channel="MAIL", address="ops@b.example").pk,
        "core_stafftoken": Script("old", "storefront.view_order").token.pk,
        "row": PoisonRow.objects.create(model="core.mailmessage", row_id=1, first_at=now, last_at=now).pk,
        "file": price_file(),
    }


@pytest.fixture
def rows(offices: dict[str, Client]) -> dict[str, int]:
    """A row for each verb, by the verb or by its model."""
    return _orders_rows() | _supply_rows() | _ground_rows()


def place(verb: str, rows: dict[str, int]) -> str:
    if verb.startswith("/"):
        return verb.format_map(rows)
    model = "_".join(verb.split("_")[:2])
    return address(verb, None if verb.endswith("_compute") else rows.get(verb) or rows[model])


def test_every_verb_is_in_the_table() -> None:
    assert {name for name in PAGES if not name.startswith("/")} == verb_rows.all_verbs()


def test_each_verb_opens_to_its_roles_and_is_refused_to_all_others(
    offices: dict[str, Client], rows: dict[str, int]
) -> None:
    before, told = verb_rows.everything(), {}
    for verb, expected in PAGES.items():
        where, seen = place(verb, rows), ""
        for name, may in zip(NAMES, expected, strict=True):
            client = offices[name]
            answer = client.get(where) if may == "+" else client.post(where, SAID)
            # 405: there is a form for it on another page.
            seen += {200: "+", 405: "+", 403: "-"}.get(answer.status_code, f" {answer.status_code} ")
        told[verb] = seen
    assert told == PAGES
    assert {verb: offered(verb, offices, rows) for verb in BULK} == BULK
    assert verb_rows.everything() == before


def offered(verb: str, offices: dict[str, Client], rows: dict[str, int]) -> str:
    """Who may choose it in its list; whoever may not sends it all the same."""
    model, action = verb.split()
    page, seen = address(f"{model}_changelist"), ""
    for name, may in zip(NAMES, BULK[verb], strict=True):
        is_offered = f'value="{action}"' in offices[name].get(page).content.decode()
        if may == "-":
            offices[name].post(page, SAID | {"action": action, "_selected_action": [rows[model]]})
        seen += "+" if is_offered else "-"
    return seen


def test_each_kind_has_its_second_persons(offices: dict[str, Client]) -> None:
    told = {}
    for kind in kinds.all_kinds():
        where = address("core_approval_approve", approval(kind.code).pk)
        told[kind.code] = row(one.get(where).status_code == 200 for one in offices.values())
    assert told == SECOND


def test_a_role_s_tokens_do_what_the_role_may_and_no_more(offices: dict[str, Client]) -> None:
    assert {f"POST {path}" for path in API} == {one for one in SCOPE if one.startswith("POST")}
    file, told = price_file(), dict.fromkeys(API, "")
    for name, office in offices.items():
        maker = User.objects.get(email=f"{name}@shop.example")
        if not maker.has_perm("core.add_stafftoken"):
            assert office.post("/admin/core/stafftoken/add/", {"name": "x", "days": "90"}).status_code == 403
            script = None
        else:
            script = Script(name, *[scope for scope in scopes() if maker.has_perm(scope)], by=maker)
        for path in API:
            told[path] += "-" if script is None or status(script, f"POST {path}", file) == 403 else "+"
    assert told == API
