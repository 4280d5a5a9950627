"""The design system and the shell, as people with different eyes and hands meet them."""

import pytest
from tests.journeys.conftest import axe, no_sideways_scrolling

from majlis.kit.testing import person

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
