"""The design system and the shell, as people with different eyes and hands meet them."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import translation
from tests.journeys.conftest import axe, no_sideways_scrolling

from majlis.engines.experts import queries as experts
from majlis.kit.testing import person
from majlis.products.lessons.tests.factories import over, paid, soon, student, teacher

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

LOOKS = [("en", False), ("en", True), ("ar", False), ("ar", True)]


class TestPagesOfTheShell:
    @pytest.mark.parametrize(("language", "dark"), LOOKS)
    @pytest.mark.parametrize("path", ["/", "/styleguide/"])
    def test_axe_finds_nothing_serious(self, page_of, path, language, dark):
        page = page_of(language=language, dark=dark)
        page.goto(path)
        axe(page)

    @pytest.mark.parametrize("language", ["en", "ar", "fa", "id"])
    @pytest.mark.parametrize("path", ["/", "/styleguide/"])
    def test_fits_a_small_phone(self, page_of, path, language):
        page = page_of(language=language, width=360, height=740)
        page.goto(path)
        no_sideways_scrolling(page)

    @pytest.mark.parametrize("language", ["en", "ar", "id"])
    @pytest.mark.parametrize("width", [600, 768, 900, 1024, 1140])
    def test_fits_the_widths_between(self, page_of, width, language):
        page = page_of(person("Salma Abdelrahman Hassan"), language=language, width=width)
        page.goto("/about/")
        no_sideways_scrolling(page)

    def test_nothing_comes_from_another_host(self, page_of, live):
        page = page_of()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto("/styleguide/")
        page.wait_for_load_state("networkidle")
        assert asked
        assert [url for url in asked if not url.startswith((live.url, "data:", "blob:"))] == []


class TestTheHeader:
    def test_a_member_opens_their_menu_with_the_keyboard(self, page_of):
        page = page_of(person("Salma Hassan"))
        page.goto("/styleguide/")
        summary = page.locator("summary[aria-label='Your account']")
        summary.focus()
        page.keyboard.press("Enter")
        assert page.get_by_text("Sign out").is_visible()
        page.keyboard.press("Escape")
        assert not page.get_by_text("Sign out").is_visible()
        assert summary.evaluate("e => e === document.activeElement")

    def test_the_chosen_theme_stays(self, page_of):
        page = page_of()
        page.goto("/styleguide/")
        page.locator("summary[aria-label='Light or dark']").click()
        page.get_by_role("button", name="Dark", exact=True).click()
        page.wait_for_function("getComputedStyle(document.body).backgroundColor === 'rgb(23, 20, 16)'")
        page.reload()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 20, 16)"

    def test_the_language_changes_where_one_stands(self, page_of):
        page = page_of()
        page.goto("/styleguide/")
        page.locator("summary[aria-label='Language']").click()
        page.get_by_role("button", name="العربية").click()
        page.wait_for_url("**/styleguide/")
        assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]


class TestDialogs:
    def test_opens_and_gives_the_focus_back(self, page_of):
        page = page_of()
        page.goto("/styleguide/")
        opener = page.locator("[data-opens=example-dialog]").first
        opener.click()
        dialog = page.locator("#example-dialog")
        assert dialog.evaluate("e => e.open")
        axe(page)
        page.keyboard.press("Escape")
        assert not dialog.evaluate("e => e.open")
        assert opener.evaluate("e => e === document.activeElement")


class TestRefusals:
    def test_lands_in_the_form_that_asked(self, page_of):
        page = page_of()
        page.goto("/styleguide/")
        page.locator("#refused-form button").click()
        page.locator("#refused-form [role=alert]", has_text="This hour was taken").wait_for()
        assert page.locator(".toast").count() == 0

    def test_becomes_a_toast_where_there_is_no_form(self, page_of):
        page = page_of(language="ar", width=360)
        page.goto("/styleguide/")
        page.locator("#refused-button").click()
        page.locator("#toasts .toast").wait_for()
        no_sideways_scrolling(page)
        page.locator("#toasts .toast__close").click()
        assert page.locator("#toasts .toast").count() == 0

    def test_a_lost_line_is_said(self, page_of):
        page = page_of()
        page.goto("/styleguide/")
        page.context.set_offline(True)
        page.locator("#offline").wait_for(state="visible")
        page.locator("#refused-button").click()
        page.locator(".toast", has_text="No answer").wait_for()
        page.context.set_offline(False)
        page.locator("#offline").wait_for(state="hidden")


class TestInstalledApp:
    def test_shows_a_page_of_ours_without_a_line(self, page_of):
        page = page_of(language="ar")
        page.goto("/about/")
        page.evaluate("navigator.serviceWorker.ready")
        page.wait_for_function("caches.match('/offline/').then(Boolean)")
        page.reload()
        page.context.set_offline(True)
        page.goto("/terms/")
        assert page.evaluate("document.documentElement.dir") == "rtl"
        assert page.locator(".empty").is_visible()


class TestStream:
    def test_reads_events_in_whatever_pieces_they_come(self, page_of):
        page = page_of()
        page.goto("/about/")
        heard = page.evaluate(
            """async () => {
                const { parser } = await import("/static/js/stream-source.js");
                const heard = [];
                const parse = parser((event) => heard.push(event));
                const lines = [": hello", "", "id: 7", "event: message", 'data: {"text":', 'data: "سلام"}', ""];
                const text = lines.join("\\n") + "\\nevent: beat\\r\\ndata: {}\\r\\n\\r\\n";
                for (const letter of text) parse(letter);
                return heard;
            }"""
        )
        assert heard == [
            {"kind": "message", "id": "7", "detail": {"text": "سلام"}},
            {"kind": "beat", "id": "", "detail": {}},
        ]


@dataclass
class Story:
    """Two people and their coming lesson."""

    salma: Any
    nadia: Any
    lesson: Any

    def address(self, path: str) -> str:
        """The path with what it names filled in."""
        slug = experts.cards([self.salma.id])[0].slug
        return path.format(order=self.lesson.order_id, lesson=self.lesson.id, slug=slug)


@pytest.fixture
def story():
    """A student and a teacher with a lesson behind them, one ahead, money and notices."""
    with translation.override("en"):
        salma, nadia = teacher("سلمى عبد الرحمن حسن"), student("Nadia Rahman")
        over(paid(salma, nadia, soon(1)), salma, nadia)
        return Story(salma, nadia, paid(salma, nadia, soon(2)))


PAGES_OF_A_MEMBER = [
    ("nadia", "/dashboard/"),
    ("salma", "/dashboard/"),
    ("nadia", "/orders/"),
    ("nadia", "/orders/{order}/"),
    ("nadia", "/lessons/{lesson}/"),
    ("salma", "/calendar/"),
    ("salma", "/calendar/hours/"),
    ("nadia", "/wallet/"),
    ("salma", "/wallet/withdrawals/"),
    ("nadia", "/notices/"),
    ("nadia", "/settings/security/"),
    ("nadia", "/teachers/{slug}/"),
    ("nadia", "/teachers/{slug}/book/"),
]


class TestPagesOfAMember:
    @pytest.mark.parametrize(("who", "path"), PAGES_OF_A_MEMBER)
    def test_fit_a_small_phone_and_can_be_read_in_the_dark(self, page_of, story, who, path):
        page = page_of(getattr(story, who), language="ar", width=360, height=740, dark=True)
        page.goto(story.address(path))
        no_sideways_scrolling(page)
        axe(page)
