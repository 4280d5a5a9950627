"""What stands in the data is said in the language of who reads it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone, translation

from majlis.engines.billing.tests import factories as billing
from majlis.faces.web import charts
from majlis.faces.web.filters import told
from majlis.kit import clock, locale, testing
from majlis.products.lessons.tests.factories import booked, paid, student, teacher


def reading(person, language):
    """A browser of this person that shows `language`."""
    client = Client()
    client.force_login(person)
    client.cookies["language"] = language
    return client


@pytest.mark.django_db
class TestLessonsByName:
    @pytest.fixture
    def lesson(self):
        with translation.override("en"):
            return paid(teacher(), student())

    @pytest.mark.parametrize(
        "path", ["/orders/", "/orders/{order}/", "/calendar/?date={day}", "/calendar/?view=agenda&date={day}"]
    )
    def test_are_called_by_their_readers_words(self, lesson, path):
        wall = lesson.starts_at.astimezone(ZoneInfo("Africa/Cairo"))
        path = path.format(order=lesson.order_id, day=f"{wall:%Y-%m-%d}")
        page = reading(lesson.student, "ar").get(path).content.decode()
        assert "الإنجليزية" in page
        assert "English lesson" not in page

    def test_a_checkout_names_them_too(self):
        with translation.override("en"):
            held = booked(teacher(), student())
        page = reading(held.student, "ar").get(f"/checkout/{held.order_id}/").content.decode()
        assert "الإنجليزية" in page
        assert "English lesson" not in page

    def test_the_feed_speaks_its_owners_language(self, lesson):
        from majlis.engines.scheduling import queries, services

        lesson.student.language = "ar"
        lesson.student.save(update_fields=["language"])
        feed = services.open_feed(person_id=lesson.student_id, actor=lesson.student)
        content = Client().get(f"/calendar/feed/{queries.feed_token(feed)}.ics").content.decode()
        assert "الإنجليزية" in content


@pytest.mark.django_db
class TestStatement:
    def test_an_ordinary_payment_names_its_order(self):
        buyer = testing.person(currency="USD")
        bought = billing.order(buyer)
        billing.pay(bought)
        page = reading(buyer, "en").get("/wallet/").content.decode()
        number = f'<bdi class="nowrap">{bought.number}</bdi>'
        assert f"Your payment for order {number} arrived." in page
        assert f"You paid order {number}." in page

    def test_a_buyer_who_gets_a_part_back_is_not_told_they_earned(self):
        from majlis.engines.billing import services

        buyer, seller = testing.person(currency="USD"), testing.person(currency="USD")
        bought = billing.order(buyer, billing.draft(10_000, seller))
        billing.pay(bought)
        line = bought.lines[0]
        services.settle_line(
            line_id=line.id,
            buyer=billing.usd(4_000),
            seller=billing.usd(6_000),
            key="half",
            reason="Half",
            actor=None,
        )
        assert "You got this back for “<bdi>A seat</bdi>”." in reading(buyer, "en").get("/wallet/").content.decode()
        assert "You earned this with “<bdi>A seat</bdi>”." in reading(seller, "en").get("/wallet/").content.decode()


class TestToldFilter:
    def test_keeps_a_number_in_one_piece_and_a_name_in_its_direction(self):
        said = f"{locale.isolated('نادية حسن')} paid {locale.isolated('K7Q2-9FXD')} <b>"
        assert told(said) == '<bdi>نادية حسن</bdi> paid <bdi class="nowrap">K7Q2-9FXD</bdi> &lt;b&gt;'


class TestWeeks:
    def test_add_up_on_the_readers_wall_and_begin_on_their_first_day(self):
        cairo = ZoneInfo("Africa/Cairo")
        friday = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)  # 23:30 in Cairo; an hour later Saturday begins the week
        with timezone.override(cairo), translation.override("ar"), clock.travel(friday + timedelta(hours=12)):
            chart = charts.weekly([(friday, 2), (friday + timedelta(hours=1), 3), (friday - timedelta(weeks=9), 9)])
        assert [point.text for point in chart.points[-2:]] == ["٢", "٣"]
        assert chart.total == 5
        assert chart.points[-1].share == 100

    def test_without_anything_are_no_chart(self):
        assert not charts.weekly([])
