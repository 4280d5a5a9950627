"""The office says things in the reader's words: no state, policy, level or sum as the code keeps it."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext, override

from majlis.engines.billing import services
from majlis.engines.billing.models import (
    AllowanceGrant,
    Invoice,
    Order,
    OrderLine,
    Payment,
    Withdrawal,
    WithdrawalMethod,
)
from majlis.engines.billing.tests.factories import IBAN, draft, give, order, pay
from majlis.engines.billing.tests.plans import join, plan
from majlis.engines.billing.tests.test_withdrawals import ask
from majlis.engines.billing.types import LineStatus, OrderStatus, PaymentStatus
from majlis.engines.calls import services as calls
from majlis.faces.backoffice.site import office
from majlis.faces.backoffice.telling import share
from majlis.kit import locale
from majlis.kit.locale import isolated
from majlis.kit.testing import person
from majlis.products.lessons.models import Lesson
from majlis.products.lessons.policy import RefundPolicy
from majlis.products.lessons.tests.factories import paid, student, teacher
from majlis.products.lessons.tests.test_packages import buy, offer

pytestmark = pytest.mark.django_db
LATE = timedelta(seconds=77)
KEPT_AS_SENT = {"billing.WebhookEvent", "accounts.AuditEntry"}
"""Pages that show what programs said, as they said it."""


@pytest.fixture
def desk(client):
    client.force_login(person("Fatma Finance", roles=["owner"]))
    return client


@pytest.fixture
def sold():
    salma, nadia = teacher(), student(country="XX", roles=())
    lesson = paid(salma, nadia)
    buy(nadia, offer(salma))
    join(person("Omar", country="XX"), plan(benefits=[{"unit": "minute", "amount": 240}]))
    pay(order(nadia, draft(10_000, salma)))
    return lesson


def stay(lesson):
    """The student comes into the room of their lesson and goes."""
    visit = calls.enter_room(room_id=lesson.room_id, actor=lesson.student, now=lesson.starts_at + LATE)
    calls.leave_room(room_id=lesson.room_id, actor=lesson.student, visit_id=visit.pk, now=lesson.ends_at)
    return visit


def time_of(visit, zone):
    return locale.digits(f"{visit.joined_at.astimezone(ZoneInfo(zone)):%H:%M:%S}", "fa")


def one_of_each():
    """A row of each model that has a page."""
    rows = (model._default_manager.order_by("pk").first() for model in office._registry)
    return [row for row in rows if row is not None and row._meta.label not in KEPT_AS_SENT]


def shown(desk, row, language="en"):
    desk.cookies["language"] = language
    page = desk.get(reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk]))
    assert page.status_code == 200
    return page.content.decode()


class TestHistory:
    @pytest.mark.parametrize("language", ["ar", "fa", "id"])
    def test_names_states_as_the_reader_does(self, desk, sold, language):
        for row, state in (
            (Order.objects.filter(status="paid").first(), OrderStatus.PAID),
            (OrderLine.objects.filter(status="held").first(), LineStatus.HELD),
            (Payment.objects.filter(status="succeeded").first(), PaymentStatus.SUCCEEDED),
        ):
            page = shown(desk, row, language)
            with override(language):
                assert f" · {state.label}" in page
            assert not re.search(rf" · {state.value}\b", page), row

    def test_says_who_did_it_and_why(self, desk):
        bought = order(person(country="XX"))
        support = person("Rania Support", roles=["support"])
        services.void_order(order_id=bought.id, reason="They asked for it.", actor=support)
        assert f" · {isolated('Rania Support')} · {isolated('They asked for it.')}" in shown(desk, bought)

    def test_says_in_the_readers_language_what_the_house_said_in_anothers(self, desk):
        buyer = person(country="XX")
        bought = order(buyer)
        with override("fa"):
            services.cancel_order(order_id=bought.id, actor=buyer)
        for language in ("ar", "en"):
            with override(language):
                words = gettext("Cancelled by the buyer.")
            assert shown(desk, bought, language).count(words) == 2  # why it ended, and its history

    def test_is_told_on_the_readers_wall_and_in_their_figures(self, desk, sold):
        page = shown(desk, Order.objects.filter(status="paid").first(), "fa")
        assert re.search(r"[۰-۹]{4}", page)
        assert not re.search(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}", page)


class TestTerms:
    def test_of_a_lesson_are_sentences(self, desk, sold):
        line = OrderLine.objects.get(kind="lesson")
        for page in (shown(desk, line), shown(desk, sold)):
            assert "refund_tiers" not in page
            for sentence in RefundPolicy.from_facts(sold.policy).sentences():
                assert escape(sentence) in page

    def test_of_a_package_and_a_period_are_in_the_readers_language(self, desk, sold):
        for kind in ("package", "subscription"):
            line = OrderLine.objects.get(kind=kind)
            assert escape(line.policy["words"][0]) in shown(desk, line)
            assert escape(line.policy["words"][0]) not in shown(desk, line, "ar")

    def test_of_a_product_that_has_none(self, desk, sold):
        assert "words" not in shown(desk, OrderLine.objects.get(kind="seat"))

    def test_say_each_step_of_the_policy(self):
        words = RefundPolicy(refund_tiers=((24, 100), (1, 50), (0, 10)), goodwill_percent=20).sentences()
        assert words == [
            "The student cancels at least 24 hours before: 100% back.",
            "The student cancels at least 1 hour before: 50% back.",
            "The student cancels later, or does not come: 10% back.",
            "The teacher does not come: everything back, and 20% more from the house.",
            "The connection made the lesson impossible: 100% back.",
            "Either side may contest it until 48 hours after the lesson.",
        ]


class TestValues:
    def test_a_level_by_its_name(self, desk, sold):
        Lesson.objects.filter(id=sold.id).update(level="b1")
        assert "B1" in shown(desk, Lesson.objects.get(id=sold.id))

    @pytest.mark.parametrize(("points", "words"), [(1_500, "15%"), (725, "7.25%"), (0, "0%")])
    def test_a_share_as_it_is(self, points, words):
        assert share(points) == words

    def test_an_invoice_is_told_and_not_dumped(self, desk, sold):
        invoice = Invoice.objects.first()
        page = shown(desk, invoice)
        assert escape(invoice.lines[0]["title"]) in page
        assert escape(invoice.buyer_facts["name"]) in page
        assert "tax_basis_points" not in page

    def test_a_payment_names_the_way_it_came(self, desk, sold):
        assert "sandbox" not in re.findall(r'class="readonly">([^<]*)<', shown(desk, Payment.objects.first()))

    def test_an_allowance_with_its_unit(self, desk, sold):
        assert "240 minutes" in shown(desk, AllowanceGrant.objects.get(unit="minute"))

    def test_a_change_of_a_withdrawal_that_is_asked_for(self, desk):
        services.load_withdrawal_methods()
        omar, method = person("Omar Farouk"), WithdrawalMethod.objects.get(code="iban")
        give(omar, 20_000)
        asked = ask(omar, method)
        services.approve_withdrawal(withdrawal_id=asked.id, actor=person())
        other = {**IBAN, "holder": "Omar F. Ali"}
        services.change_withdrawal(withdrawal_id=asked.id, method_id=method.id, destination=other, actor=omar)
        page = shown(desk, Withdrawal.objects.get())
        assert f"{method.name['en']}<br>" in page
        assert "Omar F. Ali" in page
        assert "method_id" not in page
        assert "&#x27;holder&#x27;" not in shown(desk, method)

    def test_no_page_shows_what_the_code_keeps(self, desk, sold):
        stay(sold)
        opened = 0
        for row in one_of_each():
            name = f"admin:{row._meta.app_label}_{row._meta.model_name}_changelist"
            told = re.findall(r'class="readonly">(.*?)</div>', shown(desk, row), re.DOTALL)
            listed = re.findall(
                r'<t[dh] class="field-[^>]*>(.*?)</t[dh]>', desk.get(reverse(name)).content.decode(), re.DOTALL
            )
            assert listed, row
            for value in told + listed:
                assert not re.match(r"\s*[\[{](&quot;|&#x27;|\[|\])", value), (row, value)
                assert not re.search(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}|\d UTC", value), (row, value)
            opened += 1
        assert opened > 15

    def test_evidence_is_told_to_the_second_on_the_readers_wall(self, client, sold):
        client.force_login(person("Fatma Finance", roles=["owner"], zone="Asia/Tehran"))
        came = stay(sold)
        page = shown(client, came.room, "fa")
        assert time_of(came, "Asia/Tehran") in page
        assert time_of(came, "UTC") not in page
