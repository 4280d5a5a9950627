"""Finding a teacher, and becoming one."""

import io

import pytest
from django.core.management import call_command
from PIL import Image
from tests.journeys.conftest import axe, no_sideways_scrolling

from majlis.engines.experts import queries
from majlis.engines.experts.tests import factories
from majlis.kernel.catalogue import services as catalogue
from majlis.kit import testing

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _house(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    catalogue.load_base_catalogue()


def a_picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (400, 400), (190, 120, 90)).save(file, "JPEG")
    return file.getvalue()


class TestFindingATeacher:
    @pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ar", 360)])
    def test_from_filters_to_profile_to_favourite(self, page_of, language, width):
        factories.expert("Amal Said", subjects=(("english", "b1"), ("english", "b2")), city="cairo")
        factories.expert("Budi Santoso", subjects=(("chess", "general"),))
        reader = testing.person("Omar Reader", language=language)
        page = page_of(reader, language=language, width=width)

        page.goto("/teachers/")
        assert page.locator(".teacher").count() == 2
        axe(page)
        no_sideways_scrolling(page)

        page.select_option("select[name=subject]", "english")
        page.wait_for_url("**/teachers/?subject=english**")
        page.locator(".teacher").first.wait_for()
        assert page.locator(".teacher").count() == 1

        if width < 700:
            page.click("button[popovertarget=filters]")
        page.locator(".filter summary").first.click()
        page.locator("label.chip", has=page.locator("input[name=level][value=b2]")).click()
        page.wait_for_url("**level=b2**")
        assert page.locator(".chip--off").count() == 2
        if width < 700:
            page.click(".filters__foot button")
        else:
            page.keyboard.press("Escape")

        page.locator(".teacher .card__link").click()
        page.wait_for_url("**/teachers/expert-**")
        assert "Amal Said" in page.inner_text("h1")
        axe(page)
        no_sideways_scrolling(page)

        heart = page.locator(".with-aside__sticky .heart__button").first
        heart.click()
        page.locator(".heart__button[aria-pressed=true]").wait_for()
        page.goto("/favourites/")
        assert "Amal Said" in page.inner_text("#list")
        axe(page)

    def test_the_search_works_without_scripts(self, live, browser):
        factories.expert("Amal Said")
        factories.expert("Budi Santoso", subjects=(("chess", "general"),))
        context = browser.new_context(base_url=live.url, java_script_enabled=False)
        page = context.new_page()
        page.goto("/teachers/")
        page.fill("#q", "chess")
        page.press("#q", "Enter")
        page.wait_for_url("**q=chess**")
        assert page.locator(".teacher").count() == 1
        context.close()


class TestBecomingATeacher:
    @pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ar", 360)])
    def test_from_nothing_to_the_list(self, page_of, language, width):
        call_command("createcachetable", verbosity=0)
        karim = testing.person("Karim Fathy", language=language, zone="Africa/Cairo", currency="EGP")
        page = page_of(karim, language=language, width=width)

        page.goto("/teach/")
        axe(page)
        page.locator("form[action='/teach/start/'] button").first.click()
        page.wait_for_url("**/teach/about/")
        page.fill("[name=headline]", "Mathematics without tears")
        page.fill("[name=about]", "I explain until it clicks, with drawings and stories from life. " * 4)
        page.select_option("[name=language_0]", "ar")
        axe(page)
        no_sideways_scrolling(page)
        page.locator("main form button[type=submit]").last.click()

        page.wait_for_url("**/teach/subjects/")
        page.select_option("[name=subject]", "mathematics")
        page.locator("label.chip", has=page.locator("input[name=levels][value=sma]")).click()
        assert page.locator("input[name=levels][value=b1]").is_hidden()
        page.locator("#subject-form button[type=submit]").click()
        page.wait_for_url("**/teach/subjects/")
        page.goto("/teach/price/")
        page.fill("[name=hourly_rate]", "٢٥٠" if language == "ar" else "250")
        page.locator("label.chip", has=page.locator("input[name=modes][value=online]")).click()
        page.locator("main form button[type=submit]").last.click()

        page.wait_for_url("**/teach/media/")
        picture = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": a_picture()}
        page.set_input_files("form[action*=picture] input[type=file]", picture)
        page.locator("form[action*=picture] button[type=submit]").click()
        page.wait_for_url("**/teach/media/")
        page.goto("/teach/documents/")
        page.set_input_files("form[action*=document] input[type=file]", {**picture, "name": "card.jpg"})
        page.locator("form[action*=document] button[type=submit]").click()
        page.wait_for_url("**/teach/documents/")
        axe(page)

        page.goto("/teach/review/")
        page.locator("form[action='/teach/do/submit/'] button").click()
        page.locator(".timeline").wait_for()
        axe(page)

        staff = testing.person("Nour Coordinator", roles=["coordinator"])
        office = page_of(staff)
        office.goto("/office/experts/expertprofile/?status__exact=submitted")
        office.locator("#result_list a").first.click()
        profile = queries.own_profile(karim)
        office.goto(f"/office/experts/expertprofile/{profile.pk}/change/")
        assert office.locator(".office-paper img").count() >= 1
        office.goto(f"/office/experts/expertprofile/{profile.pk}/act/verify/")
        office.locator("main form [type=submit], #content form [type=submit]").last.click()
        office.wait_for_load_state()

        visitor = page_of(language=language, width=width)
        visitor.goto("/teachers/?subject=mathematics")
        assert "Karim Fathy" in visitor.inner_text("#list")
