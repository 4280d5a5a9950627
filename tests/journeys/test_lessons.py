"""What student and teacher do with a lesson, through the pages, in both directions of reading."""

from datetime import timedelta

import pytest
from tests.journeys.conftest import axe, no_sideways_scrolling

from majlis.engines.billing.tests.factories import wallet
from majlis.kernel.accounts.types import Role
from majlis.kit import clock
from majlis.kit.jobs import run_due_jobs
from majlis.kit.testing import person
from majlis.products.lessons import services
from majlis.products.lessons.models import Dispute, Lesson
from majlis.products.lessons.tests import factories
from majlis.products.lessons.tests.test_packages import buy, offer
from majlis.products.lessons.types import DisputeReason, LessonStatus

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
both_directions = pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ar", 360)])
PRICE, MONEY = factories.HOURLY, 500_000


@pytest.fixture
def salma():
    return factories.teacher(slug="salma", trial_price=5_000, trial_minutes=30)


@pytest.fixture
def nadia():
    return factories.student()


def send(page, form: str, *, expecting: str = "**") -> None:
    """Send a form by its own button and wait for the page behind it."""
    page.locator(form).locator("button[type=submit], button:not([type])").first.click()
    page.wait_for_url(expecting)
    page.wait_for_load_state()


def choose_time(page, day: int, time: int) -> None:
    """Pick a day of the strip and, when its times are there, one of them."""
    page.locator("#slots .slots__day").nth(day).click()
    page.locator("#slots li").nth(day).locator("[aria-current=date]").wait_for()
    page.locator("#slots label.time").nth(time).click()


class TestBooking:
    @both_directions
    def test_from_a_time_to_the_checkout_and_back_to_a_confirmed_lesson(self, page_of, salma, nadia, language, width):
        page = page_of(nadia, language=language, width=width)
        page.goto("/teachers/salma/book/")
        axe(page)
        no_sideways_scrolling(page)
        choose_time(page, 3, 0)
        send(page, "form:has(#slots)", expecting="**starts_at=**")
        assert page.locator(".policy li").count() >= 3
        axe(page)
        no_sideways_scrolling(page)
        page.locator("#booking textarea").fill("مرحبا, I would like to practise speaking.")
        send(page, "#booking", expecting="**/checkout/**")
        lesson = Lesson.objects.get()
        assert (lesson.status, lesson.note) == (
            LessonStatus.PENDING_PAYMENT,
            "مرحبا, I would like to practise speaking.",
        )
        axe(page)
        no_sideways_scrolling(page)

    def test_a_time_taken_meanwhile_is_said_and_nothing_else_is_lost(self, page_of, salma, nadia):
        at = factories.soon()
        page = page_of(nadia)
        page.goto(f"/teachers/salma/book/?starts_at={at:%Y-%m-%dT%H:%M:%SZ}&minutes=60")
        page.locator("#booking textarea").fill("A long note.")
        factories.paid(salma, factories.student("Quick"), at)
        page.locator("#booking button[type=submit]").click()
        page.locator("[role=alert]").first.wait_for()
        assert page.locator("#booking textarea").input_value() == "A long note."
        assert Lesson.objects.filter(student=nadia).count() == 0

    def test_every_week_says_which_dates_are_free(self, page_of, salma, nadia):
        at = factories.soon()
        factories.paid(salma, factories.student("Early"), at + timedelta(weeks=1))
        page = page_of(nadia)
        page.goto(f"/teachers/salma/book/?starts_at={at:%Y-%m-%dT%H:%M:%SZ}&minutes=60")
        page.locator(".booking__weeks summary").click()
        page.locator("input[name=weeks]").fill("3")
        page.locator("input[name=weeks]").press("Tab")
        page.locator(".weeks li").nth(2).wait_for()
        assert page.locator(".weeks__no").count() == 1
        send(page, "#booking", expecting="**/checkout/**")
        assert Lesson.objects.filter(student=nadia).count() == 2

    def test_a_package_pays_as_far_as_it_goes_and_the_page_says_it_before(self, page_of, salma, nadia):
        purchase, at = buy(nadia, offer(salma, sessions=2)), factories.soon()
        page = page_of(nadia)
        page.goto(f"/teachers/salma/book/?starts_at={at:%Y-%m-%dT%H:%M:%SZ}&minutes=60&package={purchase.id}")
        page.locator(".booking__weeks summary").click()
        page.locator("input[name=weeks]").fill("3")
        page.locator("input[name=weeks]").press("Tab")
        page.locator(".weeks li").nth(2).wait_for()
        assert "Session 2 of 2 of your package." in page.locator(".weeks li").nth(1).inner_text()
        assert page.locator(".weeks__no").count() == 1
        page.locator("input[name=rest_with_money]").check()
        page.get_by_text("to pay").first.wait_for()
        assert page.locator(".weeks__no").count() == 0
        send(page, "#booking", expecting="**/checkout/**")
        states = Lesson.objects.filter(student=nadia).order_by("starts_at").values_list("status", flat=True)
        assert list(states) == ["confirmed", "confirmed", "pending_payment"]


class TestCancelling:
    @both_directions
    @pytest.mark.parametrize(("hours", "percent"), [(72, 100), (12, 50), (1, 0)])
    def test_what_is_shown_is_what_comes_back(self, page_of, salma, nadia, language, width, hours, percent):
        at = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours + 1)
        lesson = factories.paid(salma, nadia, at)
        page = page_of(nadia, language=language, width=width)
        page.goto(f"/lessons/{lesson.id}/cancel/")
        assert page.locator("input[name=shown_percent]").input_value() == str(percent)
        axe(page)
        no_sideways_scrolling(page)
        send(page, "form:has(input[name=shown_percent])", expecting=f"**/lessons/{lesson.id}/")
        lesson.refresh_from_db()
        assert lesson.status == LessonStatus.CANCELLED
        assert wallet(nadia, "EGP") == MONEY - PRICE + PRICE * percent // 100


class TestMoving:
    @both_directions
    def test_asked_by_the_student_and_accepted_by_the_teacher(self, page_of, salma, nadia, language, width):
        lesson = factories.paid(salma, nadia)
        student = page_of(nadia, language=language, width=width)
        student.goto(f"/lessons/{lesson.id}/move/")
        choose_time(student, 5, 2)
        send(student, "form:has(#slots)", expecting="**starts_at=**")
        axe(student)
        send(student, "form:has(input[name=reason])", expecting=f"**/lessons/{lesson.id}/")
        teacher = page_of(salma, language=language, width=width)
        teacher.goto("/lessons/")
        teacher.locator("button[name=accept][value='1']").click()
        teacher.wait_for_url(f"**/lessons/{lesson.id}/")
        before, version = lesson.starts_at, lesson.version
        lesson.refresh_from_db()
        assert lesson.starts_at != before
        assert lesson.version == version + 1


class TestAfterwards:
    @both_directions
    def test_a_dispute_is_opened_in_one_click_and_decided_in_the_office(self, page_of, salma, nadia, language, width):
        lesson = factories.paid(salma, nadia)
        factories.over(lesson, salma, nadia)
        with_student = page_of(nadia, language=language, width=width)
        with_student.goto(f"/lessons/{lesson.id}/")
        with_student.locator("[data-opens=dispute]").click()
        dialog = with_student.locator("#dispute")
        dialog.locator("select").select_option(DisputeReason.CUT_SHORT)
        axe(with_student)
        dialog.locator("button[type=submit]").click()
        with_student.locator("#case").wait_for()
        case = Dispute.objects.get()
        office = page_of(person("Dewi", roles=[Role.SUPPORT]), language=language)
        office.goto(f"/office/lessons/dispute/{case.id}/change/")
        office.locator("a[href*='decide']").first.click()
        office.locator("input[name=student_percent]").fill("40")
        office.locator("textarea[name=decision]").fill("Twenty minutes were missing.")
        office.locator("form:has(textarea[name=decision]) button[type=submit]").first.click()
        office.wait_for_load_state()
        case.refresh_from_db()
        assert case.student_percent == 40
        assert wallet(nadia, "EGP") == MONEY - PRICE + PRICE * 40 // 100

    def test_a_no_show_is_told_by_the_evidence_and_returns_the_money_with_goodwill(self, page_of, salma, nadia):
        lesson = factories.paid(salma, nadia)
        closed = factories.over(lesson, nadia)
        page = page_of(nadia)
        page.goto(f"/lessons/{lesson.id}/")
        assert "Absent" in page.locator("section:has(#verdict)").inner_text()
        axe(page)
        services.settle_due_lessons(now=closed.release_at)
        run_due_jobs()
        assert wallet(nadia, "EGP") == MONEY + PRICE * 20 // 100

    def test_the_student_pays_early_and_reads_what_the_teacher_wrote(self, page_of, salma, nadia):
        lesson = factories.paid(
            salma, nadia, clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        )
        closed = factories.over(lesson, salma, nadia)
        with clock.travel(to=closed.completed_at):
            services.write_progress(actor=salma, lesson_id=lesson.id, summary="We told a story.")
        page = page_of(nadia)
        page.goto(f"/lessons/{lesson.id}/")
        assert page.get_by_text("We told a story.").is_visible()
        send(page, "form[action$='/release/']", expecting=f"**/lessons/{lesson.id}/")
        lesson.refresh_from_db()
        assert lesson.settled_at is not None
        assert wallet(salma, "EGP") > 0


class TestEmptyPages:
    @both_directions
    def test_a_new_member_is_told_what_to_do(self, page_of, nadia, language, width):
        page = page_of(nadia, language=language, width=width)
        for path in ("/dashboard/", "/lessons/", "/lessons/?when=past", "/students/"):
            page.goto(path)
            assert page.locator(".empty").count() >= 1, path
            axe(page)
            no_sideways_scrolling(page)

    def test_another_members_lesson_is_not_found(self, page_of, salma, nadia):
        lesson = factories.paid(salma, nadia)
        page = page_of(factories.student("Curious"))
        for path in ("", "cancel/", "move/", "progress/", "call/"):
            assert page.goto(f"/lessons/{lesson.id}/{path}").status == 404
