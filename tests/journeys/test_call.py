"""Two people meet: they see each other, write, agree to a recording, one comes back after a reload, they leave."""

import re
import subprocess
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from playwright.sync_api import Page, expect
from tests.journeys.conftest import no_sideways_scrolling, until

from majlis.engines.calls import queries, services
from majlis.engines.calls.models import Recording, Visit
from majlis.kernel.files import queries as files
from majlis.kernel.notices.models import StreamEvent
from majlis.kit import clock, testing
from majlis.kit.ids import new_id


@pytest.fixture(autouse=True)
def _small_pictures(stream: Any, settings: Any) -> None:
    """The event stream runs, and two cores need not encode much."""
    settings.CALLS_VIDEO_HEIGHT = 180


def frames(page: Page) -> int:
    """How many frames of the other's picture were decoded."""
    return page.evaluate("async () => (await document.getElementById('call').figures()).reduce((a, b) => a + b, 0)")


def sees_the_other(page: Page) -> None:
    """Asserts that the other's picture moves: frames are decoded, and more a moment later."""
    page.wait_for_function(
        "async () => (await document.getElementById('call').figures()).some((n) => n > 3)", timeout=20_000, polling=300
    )
    first = frames(page)
    page.wait_for_function(
        f"async () => (await document.getElementById('call').figures()).some((n) => n > {first})",
        timeout=10_000,
        polling=300,
    )
    expect(page.locator("#tiles .tile--shown video")).to_be_visible()


PICTURE_CHANGED = (
    "([width, height]) => { const v = document.querySelector('#tiles .tile--shown video');"
    " return v.videoWidth !== width || v.videoHeight !== height; }"
)


def picture_size(page: Page) -> list[int]:
    """Width and height of the other's picture."""
    return page.evaluate(
        "() => { const v = document.querySelector('#tiles .tile--shown video'); return [v.videoWidth, v.videoHeight]; }"
    )


def signals() -> int:
    """How many signals went from browser to browser so far."""
    return StreamEvent.objects.filter(kind="call", payload__what="signal").count()


def join(page: Page, room_id: Any) -> None:
    page.goto(f"/calls/{room_id}/")
    page.wait_for_selector(".lobby--ready")
    page.click("[data-part=lobby] [data-act=join]")
    expect(page.locator("[data-part=live]")).to_be_visible()


def a_room(*people: Any) -> Any:
    now = clock.now()
    return services.open_room(
        kind="lesson",
        subject_id=new_id(),
        people=[person.id for person in people],
        starts_at=now - timedelta(minutes=1),
        ends_at=now + timedelta(minutes=59),
    )


@pytest.mark.journey
@pytest.mark.django_db(transaction=True)
class TestCall:
    def test_two_people_meet_and_record(self, page_of: Callable[..., Page], axe: Callable[[Page], None]) -> None:
        nadia, salma = testing.person("Nadia Farouk"), testing.person("سلمى حسن")
        room_id = a_room(nadia, salma)
        teacher = page_of(nadia, width=1280, height=800)
        student = page_of(salma, language="ar", width=360, height=740)

        # The student looks at herself first, on a phone, right to left.
        student.goto(f"/calls/{room_id}/")
        student.wait_for_selector(".lobby--ready")
        expect(student.locator("#preview.tile--shown")).to_be_visible()
        assert student.locator("#mic-choice option").count() >= 1
        axe(student)
        no_sideways_scrolling(student)

        # The teacher comes in and waits; the student's page says so; then she comes.
        join(teacher, room_id)
        expect(teacher.locator("#waiting")).to_be_visible()
        expect(student.locator("#here")).to_contain_text("Nadia Farouk")
        student.click("[data-part=lobby] [data-act=join]")
        sees_the_other(teacher)
        sees_the_other(student)
        expect(teacher.locator("#waiting")).to_be_hidden()
        axe(teacher)
        axe(student)
        no_sideways_scrolling(student)

        # She turns her camera off, and he sees that; on again.
        student.click(".live__tools [data-act=camera]")
        expect(teacher.locator("#tiles .tile--shown")).to_have_count(0)
        student.click(".live__tools [data-act=camera]")
        expect(teacher.locator("#tiles .tile--shown")).to_have_count(1)

        # The network changes: the connection is mended by an ICE restart, and they go on seeing each other.
        before = signals()
        student.evaluate("dispatchEvent(new Event('online'))")
        until(student, lambda: signals() >= before + 2, "an offer and its answer")
        sees_the_other(teacher)
        sees_the_other(student)

        # They write.
        teacher.click(".live__tools [data-act=chat]")
        teacher.fill("#chat-form input", "صباح الخير")
        teacher.press("#chat-form input", "Enter")
        expect(student.locator("#chat-count")).not_to_be_empty()
        student.click(".live__tools [data-act=chat]")
        expect(student.locator(".chat-line p")).to_have_text(["صباح الخير"])
        student.click("#chat [data-act=chat]")

        # The teacher asks to record; nothing starts until she agrees.
        teacher.click(".live__tools [data-act=record]")
        expect(student.locator("#ask")).to_be_visible()
        assert Recording.objects.get().status == "idle"
        student.click("[data-act=agree]")
        expect(teacher.locator("#recording-pill.pill--live")).to_be_visible()
        expect(student.locator("#recording-pill.pill--live")).to_be_visible()
        teacher.wait_for_timeout(9_000)
        teacher.click(".live__tools [data-act=record]")
        expect(teacher.locator("#recording-pill")).to_be_hidden()
        recording = Recording.objects.get()
        assert recording.status == "recorded"
        until(teacher, lambda: recording.chunks.count() >= 2, "the recording arrives in pieces")

        # Her page is reloaded in the middle of it: she is back by herself and they see each other again.
        student.reload()
        expect(student.locator("[data-part=live]")).to_be_visible()
        sees_the_other(student)
        sees_the_other(teacher)

        # They leave.
        student.click(".live__tools [data-act=leave]")
        expect(student.locator("[data-part=after]")).to_be_visible()
        expect(teacher.locator("#waiting")).to_be_visible()
        teacher.click(".live__tools [data-act=leave]")
        expect(teacher.locator("[data-part=after]")).to_be_visible()
        until(teacher, lambda: not Visit.objects.filter(left_at__isnull=True).exists(), "both have left")

        seen = queries.attendance(room_id)
        assert seen[nadia.id].seconds > 10
        assert seen[salma.id].seconds > 10
        assert len(Visit.objects.filter(person=salma)) == 2

        # The recording is put together, and plays.
        services.process_recording(recording_id=recording.id)
        recording.refresh_from_db()
        assert recording.status == "processed", recording.failure
        assert recording.seconds >= 6
        self.holds_sound_and_picture(files.read_file(recording.file_id))
        services.move_room(
            room_id=room_id, starts_at=clock.now() - timedelta(hours=3), ends_at=clock.now() - timedelta(hours=2)
        )
        student.goto(f"/calls/{room_id}/")
        student.evaluate("document.querySelector('.call-player').play()")
        student.wait_for_function("() => document.querySelector('.call-player').currentTime > 0.3")
        assert student.evaluate("document.querySelector('.call-player').duration") > 5
        student.evaluate("document.querySelector('.call-player').currentTime = 4")
        student.wait_for_function("() => document.querySelector('.call-player').currentTime >= 4")
        axe(student)
        no_sideways_scrolling(student)

    @staticmethod
    def holds_sound_and_picture(film: bytes) -> None:
        said = subprocess.run(
            [get_ffmpeg_exe(), "-hide_banner", "-i", "pipe:0", "-f", "null", "-"],
            input=film,
            capture_output=True,
            check=True,
        ).stderr.decode()
        assert "Video: vp8" in said
        assert "Audio: opus" in said
        assert int(re.findall(r"frame=\s*(\d+)", said)[-1]) > 30

    def test_a_shared_screen_is_seen_and_taken_back(self, page_of: Callable[..., Page]) -> None:
        nadia, salma = testing.person("Nadia Farouk"), testing.person("Salma Hassan")
        room_id = a_room(nadia, salma)
        teacher, student = page_of(nadia, width=1280, height=800), page_of(salma, width=800, height=600)
        join(teacher, room_id)
        join(student, room_id)
        sees_the_other(student)

        # The screen takes the camera's place, larger and the right way round, and it moves.
        camera = picture_size(student)
        teacher.click(".live__tools [data-act=screen]")
        expect(teacher.locator(".live__tools [data-act=screen]")).to_have_attribute("aria-label", "Stop sharing")
        expect(student.locator("#tiles .tile--screen video")).to_be_visible()
        student.wait_for_function(PICTURE_CHANGED, arg=camera, timeout=20_000)
        sees_the_other(student)

        # Taken back, the camera is seen again.
        teacher.click(".live__tools [data-act=screen]")
        expect(student.locator("#tiles .tile--screen")).to_have_count(0)
        student.wait_for_function(
            "([width, height]) => { const v = document.querySelector('#tiles .tile--shown video');"
            " return v.videoWidth * height === v.videoHeight * width; }",
            arg=camera,
            timeout=20_000,
        )
        sees_the_other(student)

    def test_a_second_tab_takes_the_call_over(self, page_of: Callable[..., Page]) -> None:
        nadia, salma = testing.person("Nadia Farouk"), testing.person("Salma Hassan")
        room_id = a_room(nadia, salma)
        first, second = page_of(nadia, width=800, height=600), page_of(nadia, width=800, height=600)
        join(first, room_id)
        join(second, room_id)
        expect(first.locator("#after-title")).to_have_text("You joined from another tab or device")
        first.click("[data-act=again]")
        first.wait_for_selector("[data-part=lobby]:not([hidden])")
        first.click("[data-part=lobby] [data-act=join]")
        expect(second.locator("#after-title")).to_have_text("You joined from another tab or device")
        assert Visit.objects.filter(left_at__isnull=True).count() == 1

    def test_before_the_room_opens_the_page_says_when(
        self, page_of: Callable[..., Page], axe: Callable[[Page], None]
    ) -> None:
        nadia, salma = testing.person("Nadia Farouk"), testing.person("Salma Hassan")
        room_id = a_room(nadia, salma)
        services.move_room(
            room_id=room_id, starts_at=clock.now() + timedelta(hours=2), ends_at=clock.now() + timedelta(hours=3)
        )
        page = page_of(salma, width=360, height=740)
        page.goto(f"/calls/{room_id}/")
        expect(page.locator(".call-around__count")).to_have_text(re.compile(r"^1:49:\d\d$"))
        axe(page)
        no_sideways_scrolling(page)
