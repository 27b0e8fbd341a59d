"""The pages of prices: rules, drafts looked through, ticked and published by staff, and who may."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from accounts import roles
from accounts.models import User
from core.models import Approval, AuditEntry
from fulfilment.models import MarginRule, PriceDraft, PriceLine, ProductTask, Route
from tests.fulfilment.pricing import shelf
from tests.staff import enter
from tests.storefront import factories

pytestmark = pytest.mark.django_db
WHY = {"reason": "costs moved", "_form_submitted": "on"}


def staff(name: str, role: str = "catalogue") -> Client:
    user = User.objects.create_user(email=f"{name}@example.com", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client(headers={"accept-language": "en"})
    enter(client, user)
    return client


def act(person: Client, verb: str, draft: PriceDraft, **more: str) -> str:
    answer = person.post(reverse(f"admin:fulfilment_pricedraft_{verb}", args=[draft.pk]), WHY | more, follow=True)
    return answer.content.decode()


def test_staff_make_a_rule_a_draft_tick_publish_with_a_second_person_and_undo(settings) -> None:
    settings.PRICE_SECOND_PERSON_PERCENT = 20
    roles.sync()
    ani, budi, support = staff("ani"), staff("budi", "finance"), staff("cici", "support")
    shelf.shop(price=40_000)
    MarginRule.objects.all().delete()
    form = {"name": "Diamonds", "is_active": "on", "percent": "12", "flat_minor": "0", "jump_percent": "10"}
    form |= {"region": "", "product": "", "sku": "", "level": "", "fees": "WHOLE", "bears_promos": "on"}
    add = reverse("admin:fulfilment_marginrule_add")
    assert ani.post(add, form | {"flat_minor": "500"}).status_code == 200, "a flat amount names its region"
    assert ani.post(add, form).status_code == 302
    listed = ani.get(reverse("admin:fulfilment_marginrule_changelist")).content.decode()
    assert "1: everything" in listed and "the most specific one alone holds" in listed

    compute = reverse("admin:fulfilment_pricedraft_compute")
    assert ani.get(compute).status_code == 200 and not PriceDraft.objects.exists()
    assert ani.post(compute, WHY).status_code == 302
    draft, line = PriceDraft.objects.get(), PriceLine.objects.get()
    page = ani.get(reverse("admin:fulfilment_pricedraft_change", args=[draft.pk])).content.decode()
    assert "Rp40.000" in page and "Rp48.550" in page and "only stopped" in page
    lines = reverse("admin:fulfilment_priceline_changelist")
    assert "MLBB_172" in ani.get(lines, {"shown": "stopped"}).content.decode()
    assert "MLBB_172" not in ani.get(lines, {"shown": "same"}).content.decode()
    how = ani.get(reverse("admin:fulfilment_priceline_change", args=[line.pk])).content.decode()
    assert "US$2.64" in how and "Diamonds" in how and "Not counted" in how

    assert "changes nothing" in act(ani, "publish", draft)
    ani.post(lines, {"action": "allow", "_selected_action": [line.pk]})
    line.refresh_from_db()
    assert (line.choice, line.chosen_by) == ("ALLOWED", "ani@example.com")
    assert support.post(reverse("admin:fulfilment_pricedraft_publish", args=[draft.pk]), WHY).status_code == 403
    assert ani.post(reverse("admin:fulfilment_pricedraft_publish", args=[draft.pk]), {}).status_code == 200
    assert shelf.price() == 40_000, "a look at the dialog, or no reason, publishes nothing"
    assert "somebody else has to approve" in act(ani, "publish", draft)
    approval = Approval.objects.get()
    page = budi.get(reverse("admin:fulfilment_pricedraft_change", args=[draft.pk])).content.decode()
    assert reverse("admin:core_approval_change", args=[approval.pk]) in page
    approve = reverse("admin:core_approval_approve", args=[approval.pk])
    assert "another person has to approve it" in ani.post(approve, WHY, follow=True).content.decode()
    assert shelf.price() == 40_000
    for _ in range(2):
        budi.post(approve, WHY, follow=True)
    assert shelf.price() == 48_550
    assert AuditEntry.objects.filter(action="prices published").count() == 1
    assert "Prices as before: 1." in act(ani, "undo", draft)
    assert shelf.price() == 40_000
    draft.refresh_from_db()
    assert (draft.state, draft.approved_by) == ("UNDONE", "budi@example.com")


def test_staff_decide_on_products_that_came_or_went() -> None:
    roles.sync()
    ops = staff("ops", "ops")
    sku = factories.sku("MLBB_86")
    product = shelf.route(factories.sku(), code="mlbb_id_86")
    for kind in ("NEW", "GONE"):
        ProductTask.objects.create(product=product, kind=kind)
    came, went = ProductTask.objects.get(kind="NEW"), ProductTask.objects.get(kind="GONE")
    assert "mlbb_id_86" in ops.get(reverse("admin:fulfilment_producttask_changelist")).content.decode()
    assert ops.get(reverse("admin:fulfilment_supplierproduct_change", args=[product.pk])).status_code == 200
    take = reverse("admin:fulfilment_producttask_map_it", args=[came.pk])
    wrong = ops.post(take, WHY | {"sku": "NO_SUCH", "region": "", "priority": "0"}).content.decode()
    assert "There is no SKU with that code" in wrong
    ops.post(take, WHY | {"sku": "MLBB_86", "region": "", "priority": "2"})
    assert Route.objects.get(sku=sku).priority == 2
    page = reverse("admin:fulfilment_producttask_changelist")
    ops.post(page, {"action": "ignore_many", "_selected_action": [went.pk]})
    went.refresh_from_db()
    assert (went.state, went.decided_by) == ("IGNORED", "ops@example.com")
