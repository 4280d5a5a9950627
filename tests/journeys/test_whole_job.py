"""The main job, from the first page to the money in the teacher's bank: find a teacher, book, pay into escrow, meet, be
paid. Nothing in it is done behind the pages' back but the passing of time, which the sandbox clock brings."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.core.cache import cache
from playwright.sync_api import expect
from tests.journeys.conftest import axe, no_sideways_scrolling, until
from tests.journeys.test_call import join, sees_the_other
from tests.journeys.test_joining import PASSWORD, code_by_mail

from majlis.engines.billing import queries as billing
from majlis.engines.billing import services as billing_services
from majlis.engines.calls.models import Visit
from majlis.kernel.accounts.models import User
from majlis.kernel.accounts.types import Role
from majlis.kernel.ledger import queries as ledger
from majlis.kit import audit, clock, testing
from majlis.kit.jobs import run_due_jobs
from majlis.products.lessons import services
from majlis.products.lessons.models import Lesson
from majlis.products.lessons.tests import factories
from majlis.products.lessons.types import LessonStatus

STAY = 40
"""Seconds the two spend in the room; the edition of this test asks for one percent of the hour."""


@pytest.fixture
def a_quick_edition(settings, tmp_path):
    """The default edition, but a moment in the room is presence enough: nobody waits for half an hour."""
    text = (Path(settings.EDITIONS_DIR) / "all.toml").read_text(encoding="utf-8")
    assert "presence_percent = 50" in text
    (tmp_path / "all.toml").write_text(text.replace("presence_percent = 50", "presence_percent = 1"), encoding="utf-8")
    settings.EDITIONS_DIR = tmp_path


@pytest.fixture
def sandbox_clock(settings, tmp_path):
    """Moves the whole house to a moment, as `./majlis clock` does."""
    settings.CLOCK_FILE = tmp_path / "clock"

    def to(moment):
        clock.set_offset(clock.offset() + (moment - clock.now()))
        run_due_jobs()

    yield to
    settings.CLOCK_FILE.unlink(missing_ok=True)


@pytest.mark.journey
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ar", 360)])
def test_find_book_pay_meet_review_and_be_paid(
    page_of, stream, settings, a_quick_edition, sandbox_clock, language, width
):
    settings.CALLS_VIDEO_HEIGHT = 180
    cache.clear()
    mail.outbox.clear()
    billing_services.load_withdrawal_methods()
    salma = factories.teacher("سلمى حسن", slug="salma")
    finance = testing.person("Fatma Finance", roles=[Role.FINANCE])
    run_due_jobs()

    # A visitor signs up.
    student = page_of(language=language, width=width)
    student.goto("/account/signup/")
    student.fill("[name=name]", "Nour Adel")
    student.fill("[name=email]", "nour@example.test")
    student.fill("[name=password1]", PASSWORD)
    student.fill("[name=birth_date]", "1998-04-02")
    student.click("main button[type=submit]")
    student.wait_for_url("**/account/confirm-email/")
    student.fill("[name=code]", code_by_mail("nour@example.test"))
    student.click("main button[type=submit] >> nth=0")
    student.wait_for_url(lambda address: "confirm-email" not in address)
    nour = User.objects.get(email="nour@example.test")

    # Finds a teacher, and a free time.
    student.goto("/teachers/?q=english")
    axe(student)
    no_sideways_scrolling(student)
    student.locator("a[href*='/teachers/salma/']").first.click()
    student.wait_for_url("**/teachers/salma/**")
    if "/book/" not in student.url:
        student.goto("/teachers/salma/book/")
    student.locator("#slots label.time").first.click()
    student.locator("form:has(#slots) button[type=submit]").click()
    student.wait_for_url("**starts_at=**")
    student.locator("#booking button[type=submit]").click()

    # Pays in the sandbox: the money waits in escrow.
    student.wait_for_url("**/checkout/**")
    student.check("[name=gateway][value=sandbox]")
    student.click("form[data-once] button[type=submit]")
    student.wait_for_url("**/sandbox/**")
    student.click("[value=pay]")
    lesson = Lesson.objects.get(student=nour)
    student.wait_for_url(f"**/lessons/{lesson.id}/")
    lesson.refresh_from_db()
    assert lesson.status == LessonStatus.CONFIRMED
    axe(student)
    no_sideways_scrolling(student)
    run_due_jobs()

    # Both meet, and see each other's moving pictures.
    sandbox_clock(lesson.starts_at + timedelta(seconds=1))
    teacher = page_of(salma, language=language)
    join(teacher, lesson.room_id)
    student.goto(f"/lessons/{lesson.id}/")
    student.locator(f"a[href='/lessons/{lesson.id}/call/']").click()
    student.wait_for_selector(".lobby--ready")
    student.click("[data-part=lobby] [data-act=join]")
    sees_the_other(teacher)
    sees_the_other(student)
    student.wait_for_timeout(STAY * 1000)
    for page in (student, teacher):
        page.click(".live__tools [data-act=leave]")
        expect(page.locator("[data-part=after]")).to_be_visible()
    until(student, lambda: not Visit.objects.filter(left_at__isnull=True).exists(), "both have left")

    # The lesson is over; the evidence says that both were there.
    sandbox_clock(lesson.ends_at + timedelta(minutes=2))
    services.close_lessons_that_ended()
    run_due_jobs()
    lesson.refresh_from_db()
    assert lesson.status == LessonStatus.COMPLETED, lesson.verdict.evidence
    assert (lesson.verdict.teacher, lesson.verdict.student) == ("present", "present"), lesson.verdict.evidence
    student.goto(f"/lessons/{lesson.id}/")
    student.locator(".rate label").first.click()
    student.fill("[name=text]", "Clear, patient, and always with a plan.")
    student.locator("form:has(.rate) button[type=submit]").click()
    student.wait_for_load_state()
    run_due_jobs()
    visitor = page_of(language=language, width=width)
    visitor.goto("/teachers/salma/")
    assert "Clear, patient, and always with a plan." in visitor.inner_text("main")

    # The money is released when nobody objects, and taken out.
    assert ledger.balance(salma.id, lesson.price_unit).amount == 0
    sandbox_clock(lesson.release_at + timedelta(minutes=1))
    services.settle_due_lessons()
    run_due_jobs()
    earned = ledger.balance(salma.id, lesson.price_unit)
    assert earned.amount > 0
    teacher = page_of(salma, language=language, width=width)
    teacher.goto("/wallet/")
    axe(teacher)
    no_sideways_scrolling(teacher)
    teacher.goto(f"/wallet/withdrawals/new/?currency={lesson.price_unit}&method=instapay")
    teacher.fill("[name=amount]", "100")
    teacher.fill("[name=address]", "salma@instapay")
    teacher.locator("form.card button[type=submit]").click()
    teacher.wait_for_selector(".timeline")
    (asked,) = billing.withdrawals_of(salma).items
    office = page_of(finance, language=language)
    office.goto(f"/office/billing/withdrawal/{asked.id}/change/")
    office.click("a[href$='/act/approve/']")
    office.click(".office-act button[type=submit]")
    office.click("a[href$='/act/paid/']")
    office.fill("[name=transfer_ref]", "CIB-77120")
    office.click(".office-act button[type=submit]")
    office.wait_for_url("**/change/")
    assert billing.withdrawal(asked.id, salma).status == "paid"
    assert re.search("CIB-77120", teacher.reload().text())

    # And the books are in order.
    assert [f for check in audit.run() for f in check.findings] == []
