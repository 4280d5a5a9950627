"""Plans, subscriptions, coupons, gifts, packages and contested payments in the office: every page with rows in it,
every form, and who may open what."""

from datetime import timedelta

import pytest
from django.urls import reverse

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import (
    AllowanceGrant,
    BillingDetails,
    Coupon,
    Dispute,
    GiftCode,
    OrderLine,
    Payment,
    Plan,
    PlanInvite,
    Refund,
    Subscription,
)
from majlis.engines.billing.tests.factories import draft, order, pay, wallet
from majlis.engines.billing.tests.plans import join, plan
from majlis.kernel.accounts.models import AuditEntry
from majlis.kernel.catalogue.services import load_base_catalogue
from majlis.kit import clock
from majlis.kit.jobs import run_due_jobs
from majlis.kit.testing import person
from majlis.products.lessons.models import Package, PackagePurchase
from majlis.products.lessons.tests.factories import student, teacher
from majlis.products.lessons.tests.test_packages import buy, offer

pytestmark = pytest.mark.django_db
FOR_ALL = (Plan, Subscription, AllowanceGrant, GiftCode, Dispute, Package, PackagePurchase)
"""What support looks at too; coupons are for those who decide about money."""
MODELS = (*FOR_ALL, Coupon)
FORMS = {
    Plan: ("price", "close", "invite"),
    Subscription: ("cancel", "end", "give"),
    Coupon: ("change", "switch_off"),
    Package: ("end",),
    PackagePurchase: ("give_back",),
}
"""The buttons of a row as it stands here."""
ON_LISTS = {Plan: ("new",), Coupon: ("add_coupon",)}


@pytest.fixture
def sold():
    """A row of everything."""
    salma, nadia = teacher(), student(country="XX", roles=())
    services.add_coupon(actor=None, code="SPRING", discounts=[("", 2_000), ("year", 3_000)], kinds=["package"])
    package = offer(salma)
    services.add_to_cart(person=nadia, kind="package", choice={"package": str(package.id)})
    services.set_cart_coupons(person=nadia, codes=["SPRING"])
    purchase = buy(nadia, package)
    join(person(country="XX"), plan(benefits=[{"unit": "minute", "amount": 240}]))
    choice = {"amount": 2_000, "currency": "EGP", "to_name": "Omar"}
    services.add_to_cart(person=nadia, kind="gift_code", choice=choice)
    gift = services.order_cart(person=nadia, unit="EGP", version=queries.cart_of(nadia).version, actor=nadia)
    services.pay_from_wallet(order_id=gift.id, actor=nadia)
    Dispute.objects.create(
        payment=Payment.objects.order_by("id").first(),
        gateway="stripe",
        ref="dp_1",
        unit="USD",
        amount=10_000,
        reason="fraudulent",
        answer_by=clock.now() + timedelta(days=7),
    )
    return purchase


def page(model, kind, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{kind}", args=args)


def press(desk, row, act, **data):
    return desk.post(page(type(row), "act", row.pk, act), data, follow=True)


def signed_in(client, *roles):
    client.force_login(person(f"Staff {roles}", roles=roles))
    return client


class TestPages:
    @pytest.mark.parametrize("role", ["owner", "admin", "finance"])
    def test_each_list_row_and_form_opens(self, client, sold, role):
        desk = signed_in(client, role)
        for model in MODELS:
            listed = desk.get(page(model, "changelist"))
            row = listed.context["cl"].queryset.first()
            assert row is not None, model
            assert desk.get(page(model, "change", row.pk)).status_code == 200, model
            for act in FORMS.get(model, ()):
                answer = desk.get(page(model, "act", row.pk, act))
                assert (answer.status_code, "csrfmiddlewaretoken" in answer.content.decode()) == (200, True), act
            for act in ON_LISTS.get(model, ()):
                assert desk.get(page(model, "list_act", act)).status_code == 200, act

    @pytest.mark.parametrize("language", ["ar", "fa", "id"])
    def test_they_open_in_each_language(self, client, sold, language):
        desk = signed_in(client, "finance")
        desk.cookies["language"] = language
        for model in MODELS:
            row = model.objects.first()
            assert desk.get(page(model, "changelist")).status_code == 200, model
            assert desk.get(page(model, "change", row.pk)).status_code == 200, model

    def test_support_looks_and_does_what_is_theirs_but_moves_no_money(self, client, sold):
        desk = signed_in(client, "support")
        for model in FOR_ALL:
            assert desk.get(page(model, "changelist")).status_code == 200, model
            assert desk.get(page(model, "change", model.objects.first().pk)).status_code == 200, model
        assert desk.get(page(Coupon, "changelist")).status_code == 403
        for model, act in ((Plan, "price"), (Plan, "close"), (Subscription, "end"), (PackagePurchase, "give_back")):
            assert desk.get(page(model, "act", model.objects.first().pk, act)).status_code == 403, act
        for model, act in ((Plan, "invite"), (Subscription, "cancel"), (Subscription, "give"), (Package, "end")):
            assert desk.get(page(model, "act", model.objects.first().pk, act)).status_code == 200, act
        assert desk.get(page(Plan, "list_act", "new")).status_code == 403

    @pytest.mark.parametrize("role", ["moderator", "coordinator"])
    def test_who_has_nothing_to_do_with_money_sees_none_of_it(self, client, sold, role):
        desk = signed_in(client, role)
        for model in MODELS:
            row = model.objects.first()
            assert desk.get(page(model, "changelist")).status_code == 403, model
            assert desk.get(page(model, "change", row.pk)).status_code == 403, model
            for act in FORMS.get(model, ()):
                assert desk.get(page(model, "act", row.pk, act)).status_code == 404, act
            for act in ON_LISTS.get(model, ()):
                assert desk.get(page(model, "list_act", act)).status_code == 404, act

    def test_a_member_is_not_let_in(self, client, sold):
        client.force_login(person())
        assert client.get(page(Coupon, "changelist")).status_code in (302, 403)


class TestPlans:
    def test_a_plan_is_made_priced_opened_and_closed(self, client, sold):
        desk = signed_in(client, "finance")
        desk.post(
            page(Plan, "list_act", "new"), {"slug": "gold", "family": "gold", "name_en": "Gold", "trial_days": "7"}
        )
        made = Plan.objects.get(slug="gold")
        price = {"cycle": "month", "currency": "USD", "amount": "120.50", "discount_percent": "0"}
        press(desk, made, "price", **price)
        press(desk, made, "open")
        made.refresh_from_db()
        assert (made.active, made.trial_days, made.prices.get().full_amount) == (True, 7, 12_050)
        press(desk, made, "close")
        made.refresh_from_db()
        assert not made.active

    def test_somebody_is_invited(self, client, sold):
        desk = signed_in(client, "support")
        press(desk, Plan.objects.first(), "invite", email="omar@example.org", language="ar")
        assert PlanInvite.objects.get().email == "omar@example.org"

    def test_a_subscription_is_ended_and_what_is_unused_comes_back(self, client, sold):
        desk = signed_in(client, "finance")
        it = Subscription.objects.get()
        shown = services.preview_cancel(it, at_once=True).back
        assert shown.display() in desk.get(page(Subscription, "act", it.pk, "end")).content.decode()
        press(desk, it, "end", reason="They moved away.")
        it.refresh_from_db()
        assert it.status == "ended"
        assert wallet(it.person) == pytest.approx(shown.amount, abs=5)
        assert AuditEntry.objects.filter(reason="They moved away.").exists()

    def test_minutes_are_given(self, client, sold):
        desk = signed_in(client, "support")
        it = Subscription.objects.get()
        before = queries.allowance_left(it.person_id, "minute").amount
        press(desk, it, "give", unit="minute", amount="30", reason="The call failed.")
        assert queries.allowance_left(it.person_id, "minute").amount == before + 30


class TestCoupons:
    def test_one_is_added_changed_and_switched_off(self, client, sold):
        desk = signed_in(client, "finance")
        facts = {"code": "autumn", "percent": "12.5", "borne_by": "house", "reason": "For October", "total_uses": "3"}
        desk.post(page(Coupon, "list_act", "add_coupon"), facts)
        made = Coupon.objects.get(code="AUTUMN")
        assert (made.total_uses, made.discounts.get().basis_points) == (3, 1_250)
        press(desk, made, "change", total_uses="5", ends_on="2099-01-31", reason="More of them")
        press(desk, made, "switch_off", reason="Enough")
        made.refresh_from_db()
        assert (made.total_uses, made.enabled, made.expires_at.year) == (5, False, 2099)

    def test_what_makes_no_sense_is_said_at_its_field(self, client, sold):
        desk = signed_in(client, "finance")
        facts = {"code": "x", "amount": "5", "borne_by": "house", "reason": "r"}
        answer = desk.post(page(Coupon, "list_act", "add_coupon"), facts)
        assert answer.status_code == 422
        assert "unit" in answer.context["form"].errors

    def test_a_gift_never_shows_its_code(self, client, sold):
        gift = GiftCode.objects.get()
        desk = signed_in(client, "owner")
        shown = desk.get(page(GiftCode, "change", gift.pk)).content.decode()
        assert queries.code_of(gift) not in shown
        assert gift.digest not in shown


class TestPackages:
    def test_what_is_unused_is_given_back_for_the_student(self, client, sold):
        desk = signed_in(client, "finance")
        before = wallet(sold.student, "EGP")
        back = desk.get(page(PackagePurchase, "act", sold.pk, "give_back")).content.decode()
        assert "goes back into the student" in back
        press(desk, sold, "give_back", reason="They are ill.")
        sold.refresh_from_db()
        assert (sold.status, wallet(sold.student, "EGP") - before) == ("refunded", 80_000)
        entry = AuditEntry.objects.get(action="lessons.package_refunded")
        assert (entry.reason, entry.facts["amount"]) == ("They are ill.", 80_000)

    def test_one_is_sold_no_more(self, client, sold):
        desk = signed_in(client, "support")
        package = Package.objects.get()
        press(desk, package, "end", reason="The price was a mistake.")
        package.refresh_from_db()
        assert not package.active
        assert AuditEntry.objects.filter(action="lessons.package_ended").exists()


class TestRefundToSource:
    def test_one_button_sends_it_to_where_it_was_paid_from(self, client, db):
        desk = signed_in(client, "finance")
        buyer = person(country="XX")
        bought = order(buyer, draft(10_000, person()))
        pay(bought)
        (line,) = OrderLine.objects.filter(order=bought)
        form = desk.get(page(OrderLine, "act", line.pk, "refund")).content.decode()
        assert 'name="to"' in form
        assert "can go back to where it was paid from" in form
        answer = press(desk, line, "refund", amount="40.00", to="source", reason="Half was missed.")
        assert "$40 is on its way to where it was paid from" in answer.content.decode()
        assert (Refund.objects.get().amount, wallet(buyer)) == (4_000, 0)
        run_due_jobs()
        assert Refund.objects.get().status == "sent"


class TestBillingDetails:
    def test_staff_sees_what_is_known_of_a_number_and_has_it_asked_again(self, client, db, settings):
        load_base_catalogue()
        settings.VAT_REGISTER = {"name": "", "url": "", "requester": ""}
        buyer = person("School", country="DE")
        details = services.save_billing_details(
            person=buyer, name="Schule GmbH", country="DE", business=True, tax_number="DE123456788"
        )
        desk = signed_in(client, "support")
        assert desk.get(page(BillingDetails, "changelist")).status_code == 200
        assert "Plausible" in desk.get(page(BillingDetails, "change", details.pk)).content.decode()
        assert desk.get(page(BillingDetails, "act", details.pk, "ask_again")).status_code == 200
        assert "no VAT number here" in press(desk, details, "ask_again").content.decode()
        settings.VAT_REGISTER = {"name": "vies", "url": "http://127.0.0.1:9", "requester": ""}
        press(desk, details, "ask_again")
        details.refresh_from_db()
        assert details.tax_check == "asked"
        assert AuditEntry.objects.filter(action="billing.tax_number_asked").exists()
        assert signed_in(client, "moderator").get(page(BillingDetails, "changelist")).status_code == 403
