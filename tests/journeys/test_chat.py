"""Two people write to each other, each in a browser of their own."""

import pytest
from playwright.sync_api import expect
from tests.journeys.conftest import no_sideways_scrolling, until

from majlis.engines.messaging import queries, services
from majlis.engines.messaging.models import Message
from majlis.kernel.accounts.services import grant_role
from majlis.kernel.notices import services as notices
from majlis.kernel.notices.queries import online as here
from majlis.kernel.notices.types import Category, Kind
from majlis.kit.testing import person

TEA = Kind("tea_is_ready", Category.LESSONS, "Tea is ready", "Come.", channels=("app",))
notices.register(TEA)

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=["en", "ar"])
def language(request):
    return request.param


@pytest.fixture
def salma(language):
    return person("سلمى حسن", language=language, zone="Africa/Cairo")


@pytest.fixture
def omar():
    teacher = person("Omar Farouk", zone="Africa/Cairo")
    grant_role(actor=None, person=teacher, role="expert")
    return teacher


@pytest.fixture
def talk(salma, omar):
    return services.open_conversation(actor=salma, with_id=omar.pk)


def write(page, text):
    page.locator("#text").fill(text)
    page.locator(".composer__send").click()


def bubbles(page):
    return page.locator("#messages .bubble:not(.bubble--pending) .bubble__text")


class TestChat:
    def test_two_people_talk_live(self, page_of, stream, axe, language, salma, omar, talk):
        hers = page_of(salma, language=language, width=360, height=760)
        hers.goto(f"/inbox/with/{omar.pk}/")
        his = page_of(omar)
        his.goto(f"/inbox/{talk.pk}/")

        write(hers, "السلام عليكم، هل لديك وقت؟")
        expect(bubbles(his)).to_have_text(["السلام عليكم، هل لديك وقت؟"])
        expect(hers.locator("#messages .bubble--seen")).to_have_count(1)

        his.locator("#text").press_sequentially("Yes, ", delay=20)
        expect(hers.locator(".talk__state--typing")).to_be_visible()
        expect(hers.locator(".talk .presence--here")).to_be_visible()
        his.locator("#text").press_sequentially("Monday 17:00?", delay=5)
        his.keyboard.press("Enter")
        expect(bubbles(hers)).to_have_count(2)
        expect(bubbles(hers).last).to_have_text("Yes, Monday 17:00?")
        expect(his.locator("#messages .bubble--seen")).to_have_count(1)
        assert queries.unread_total(salma) == 0
        no_sideways_scrolling(hers)
        axe(hers)
        axe(his)

    def test_who_loses_the_stream_loses_no_message(self, page_of, stream, language, salma, omar, talk):
        hers, his = page_of(salma, language=language), page_of(omar)
        hers.goto(f"/inbox/{talk.pk}/")
        his.goto(f"/inbox/{talk.pk}/")
        write(his, "one")
        expect(bubbles(hers)).to_have_count(1)
        stream.stop()
        for text in ("two", "three"):
            write(his, text)
        expect(bubbles(his)).to_have_count(3)
        stream.start()
        expect(bubbles(hers)).to_have_text(["one", "two", "three"], timeout=30_000)
        write(hers, "four")
        expect(bubbles(his)).to_have_text(["one", "two", "three", "four"])

    def test_what_is_written_without_a_line_is_sent_once_when_it_is_back(self, page_of, stream, language, salma, talk):
        hers = page_of(salma, language=language)
        hers.goto(f"/inbox/{talk.pk}/")
        write(hers, "before")
        expect(bubbles(hers)).to_have_count(1)
        hers.context.set_offline(True)
        for text in ("in the tunnel", "still there"):
            write(hers, text)
        expect(hers.locator(".bubble--pending")).to_have_count(2)
        expect(hers.locator(".bubble--pending .bubble__trouble").first).to_be_visible()
        hers.context.set_offline(False)
        expect(bubbles(hers)).to_have_text(["before", "in the tunnel", "still there"], timeout=30_000)
        expect(hers.locator(".bubble--pending")).to_have_count(0)
        assert Message.objects.count() == 3

    def test_what_is_refused_stays_with_its_reason(self, page_of, stream, language, salma, omar, talk):
        hers = page_of(salma, language=language)
        hers.goto(f"/inbox/{talk.pk}/")
        services.block(actor=omar, conversation_id=talk.pk)
        write(hers, "Hello?")
        failed = hers.locator(".bubble--failed")
        expect(failed.locator(".bubble__trouble")).to_be_visible()
        services.unblock(actor=omar, conversation_id=talk.pk)
        failed.locator("[data-act=again]").click()
        expect(bubbles(hers)).to_have_text(["Hello?"])

    def test_a_message_is_changed_and_taken_back_for_both(self, page_of, stream, salma, omar, talk):
        hers, his = page_of(salma), page_of(omar)
        hers.goto(f"/inbox/{talk.pk}/")
        his.goto(f"/inbox/{talk.pk}/")
        write(hers, "Helo")
        expect(bubbles(his)).to_have_text(["Helo"])
        menu = hers.locator(".bubble__menu")
        hers.locator(".bubble").last.hover()
        menu.last.locator("summary").click()
        menu.last.locator("[data-act=edit]").click()
        write(hers, "Hello")
        expect(bubbles(his)).to_have_text(["Hello"])
        hers.locator(".bubble").last.hover()
        menu.last.locator("summary").click()
        menu.last.locator("[data-act=delete] button").click()
        expect(his.locator(".bubble__gone")).to_be_visible()

    def test_a_file_is_chosen_sent_and_opened(self, page_of, stream, salma, omar, talk, settings, tmp_path):
        settings.MEDIA_ROOT = tmp_path
        hers, his = page_of(salma), page_of(omar)
        hers.goto(f"/inbox/{talk.pk}/")
        his.goto(f"/inbox/{talk.pk}/")
        paper = {"name": "homework.txt", "mimeType": "text/plain", "buffer": b"Page 12, exercise 3"}
        hers.locator("#composer input[type=file]").set_input_files(paper)
        expect(hers.locator(".composer__paper-state")).to_have_text("")
        hers.locator(".composer__send").click()
        link = his.locator(".bubble__paper")
        expect(link).to_contain_text("homework.txt")
        with his.expect_download() as download:
            link.click()
        assert download.value.path().read_bytes() == b"Page 12, exercise 3"

    def test_works_without_a_script(self, live, browser, page_of, salma, omar, talk):
        cookies = page_of(salma).context.cookies()
        context = browser.new_context(base_url=live.url, java_script_enabled=False)
        context.add_cookies(cookies)
        page = context.new_page()
        page.goto(f"/inbox/{talk.pk}/")
        page.locator("#text").fill("No script here")
        page.locator(".composer__send").click()
        expect(bubbles(page)).to_have_text(["No script here"])
        context.close()
        assert queries.unread_total(omar) == 1


class TestBell:
    def test_counts_what_came_while_the_page_had_no_line(self, page_of, stream, salma):
        stream.stop()
        page = page_of(salma)
        page.goto("/dashboard/")
        notices.notify(person_id=salma.pk, kind="tea_is_ready", facts={}, link="/notices/")
        expect(page.locator("#unread")).to_be_empty()
        stream.start()
        expect(page.locator("#unread")).not_to_be_empty(timeout=40_000)

    def test_counts_live(self, page_of, stream, language, salma):
        page = page_of(salma, language=language)
        page.goto("/notices/")
        bell = page.locator("#unread")
        expect(bell).to_be_empty()
        until(page, lambda: salma.pk in here([salma.pk]), "her line is there")
        notices.notify(person_id=salma.pk, kind="tea_is_ready", facts={}, link="/notices/")
        expect(bell).to_have_text("1" if language == "en" else "١")
        expect(page.locator(".notice-row--new")).to_have_count(1)
        page.locator(".notice-row").click()
        expect(page.locator("#unread")).to_be_empty()
