"""Nothing is recorded that not everybody agreed to, and nothing stays that somebody took back."""

import subprocess
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from imageio_ffmpeg import get_ffmpeg_exe

from majlis.engines.calls import queries, services
from majlis.engines.calls.models import Recording, RecordingChunk, RoomEvent
from majlis.engines.calls.tests.factories import BEGINS, MINUTE, a_room
from majlis.kernel.files import queries as files
from majlis.kernel.notices import queries as notices
from majlis.kit import clock, testing
from majlis.kit.errors import Invalid, NotFound
from majlis.kit.jobs import run_due_jobs
from majlis.kit.state import IllegalTransition
from majlis.kit.testing import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db):
    return person("Nadia"), person("Salma")


@pytest.fixture
def room_id(people):
    return a_room(*people)


@pytest.fixture(autouse=True)
def _during_the_lesson():
    with clock.travel(to=BEGINS + MINUTE):
        yield


@pytest.fixture(scope="module")
def film():
    """Two seconds as a browser writes them: WebM without a length."""
    words = ["-f", "lavfi", "-i", "testsrc=size=160x90:rate=10:duration=2", "-f", "lavfi", "-i", "sine=duration=2"]
    more = ["-c:v", "libvpx", "-c:a", "libopus", "-f", "webm", "-live", "1", "pipe:1"]
    return subprocess.run([get_ffmpeg_exe(), "-v", "error", *words, *more], capture_output=True, check=True).stdout


def pieces(film, size=5000):
    return [film[start : start + size] for start in range(0, len(film), size)]


def agreed(room_id, nadia, salma):
    recording = services.ask_to_record(room_id=room_id, actor=nadia)
    services.answer_recording(recording_id=recording.id, actor=salma, agrees=True)
    return services.start_recording(recording_id=recording.id, actor=nadia)


def recorded(room_id, nadia, salma, film):
    recording = agreed(room_id, nadia, salma)
    for number, content in enumerate(pieces(film), 1):
        services.add_chunk(recording_id=recording.id, actor=nadia, number=number, content=content)
    return services.stop_recording(recording_id=recording.id, actor=nadia)


class TestAgreement:
    def test_is_needed_of_everybody_before_it_begins(self, room_id, people):
        recording = services.ask_to_record(room_id=room_id, actor=people[0])
        assert recording.status == "idle"
        with pytest.raises(services.RecordingNotAgreed):
            services.start_recording(recording_id=recording.id, actor=people[0])
        services.answer_recording(recording_id=recording.id, actor=people[1], agrees=True)
        assert services.start_recording(recording_id=recording.id, actor=people[0]).status == "recording"
        kinds = [event.kind for event in queries.timeline(room_id)]
        assert kinds == ["asked", "agreed", "recording"]

    def test_one_no_ends_the_asking(self, room_id, people):
        recording = services.ask_to_record(room_id=room_id, actor=people[0])
        assert services.answer_recording(recording_id=recording.id, actor=people[1], agrees=False).status == "withdrawn"
        with pytest.raises(IllegalTransition):
            services.answer_recording(recording_id=recording.id, actor=people[1], agrees=True)

    def test_only_who_asked_records(self, room_id, people):
        recording = services.ask_to_record(room_id=room_id, actor=people[0])
        services.answer_recording(recording_id=recording.id, actor=people[1], agrees=True)
        with pytest.raises(NotFound):
            services.start_recording(recording_id=recording.id, actor=people[1])

    def test_a_stranger_finds_nothing(self, room_id, people):
        stranger = person("Stranger")
        recording = services.ask_to_record(room_id=room_id, actor=people[0])
        for act in (
            lambda: services.ask_to_record(room_id=room_id, actor=stranger),
            lambda: services.answer_recording(recording_id=recording.id, actor=stranger, agrees=True),
            lambda: services.add_chunk(recording_id=recording.id, actor=stranger, number=1, content=b"x"),
            lambda: services.stop_recording(recording_id=recording.id, actor=stranger),
            lambda: services.withdraw_consent(recording_id=recording.id, actor=stranger),
            lambda: queries.recording_url(recording.id, seen_by=stranger),
            lambda: queries.recordings(room_id, seen_by=stranger),
        ):
            with pytest.raises(NotFound):
                act()

    def test_is_asked_once_at_a_time(self, room_id, people):
        services.ask_to_record(room_id=room_id, actor=people[0])
        with pytest.raises(services.RecordingGoesOn):
            services.ask_to_record(room_id=room_id, actor=people[1])

    def test_taken_back_while_it_goes_on_ends_it_and_leaves_nothing(self, room_id, people, film):
        recording = agreed(room_id, *people)
        services.add_chunk(recording_id=recording.id, actor=people[0], number=1, content=film)
        services.withdraw_consent(recording_id=recording.id, actor=people[1])
        assert RecordingChunk.objects.count() == 0
        with pytest.raises(services.RecordingNotAgreed):
            services.add_chunk(recording_id=recording.id, actor=people[0], number=2, content=film)
        assert queries.recordings(room_id, seen_by=people[0]) == []

    def test_taken_back_afterwards_deletes_the_file(self, room_id, people, film):
        recording = recorded(room_id, *people, film)
        services.process_recording(recording_id=recording.id)
        recording.refresh_from_db()
        assert files.files_of(f"calls.recording:{recording.id}")
        services.withdraw_consent(recording_id=recording.id, actor=people[1])
        assert files.files_of(f"calls.recording:{recording.id}") == []
        with pytest.raises(NotFound):
            queries.recording_url(recording.id, seen_by=people[0])

    def test_nobody_answers_and_it_is_forgotten(self, room_id, people):
        services.ask_to_record(room_id=room_id, actor=people[0])
        with clock.travel(by=3 * MINUTE):
            assert services.end_silent_recordings() == 1
        assert queries.recording_now(room_id) is None


class TestPieces:
    def test_are_taken_once_however_often_they_come(self, room_id, people):
        recording = agreed(room_id, *people)
        for _ in range(3):
            services.add_chunk(recording_id=recording.id, actor=people[0], number=1, content=b"abc")
        recording.refresh_from_db()
        assert (recording.size, recording.chunks.count()) == (3, 1)

    def test_from_anybody_else_are_refused(self, room_id, people):
        recording = agreed(room_id, *people)
        with pytest.raises(NotFound):
            services.add_chunk(recording_id=recording.id, actor=people[1], number=1, content=b"abc")

    def test_of_nothing_or_too_large_are_refused(self, room_id, people):
        recording = agreed(room_id, *people)
        for number, content in ((1, b""), (0, b"x"), (1, b"x" * (4 * 2**20 + 1))):
            with pytest.raises(Invalid):
                services.add_chunk(recording_id=recording.id, actor=people[0], number=number, content=content)

    def test_beyond_the_whole_are_refused(self, room_id, people):
        recording = agreed(room_id, *people)
        Recording.objects.update(size=2048 * 2**20)
        with pytest.raises(services.RecordingTooLarge):
            services.add_chunk(recording_id=recording.id, actor=people[0], number=1, content=b"x")


class TestPreparing:
    def test_makes_a_film_that_plays_and_tells_both(self, room_id, people, film):
        recording = recorded(room_id, *people, film)
        assert recording.status == "recorded"
        run_due_jobs()
        recording.refresh_from_db()
        assert recording.status == "processed", recording.failure
        assert recording.seconds == 2
        assert recording.processing_ms is not None
        assert RecordingChunk.objects.count() == 0
        assert files.file(recording.file_id).mime == "video/webm"
        assert queries.recording_url(recording.id, seen_by=people[1]).startswith("/files/")
        for who in people:
            assert "recording_ready" in [n.kind for n in notices.notices_of(who, None).items]

    def test_twice_is_once(self, room_id, people, film):
        recording = recorded(room_id, *people, film)
        first = services.process_recording(recording_id=recording.id)
        assert services.process_recording(recording_id=recording.id).file_id == first.file_id

    def test_of_rubbish_ends_as_failed_with_a_reason(self, room_id, people):
        recording = recorded(room_id, *people, b"this is no film" * 100)
        assert services.process_recording(recording_id=recording.id).status == "failed"
        recording.refresh_from_db()
        assert recording.failure

    def test_of_nothing_ends_as_failed(self, room_id, people):
        recording = agreed(room_id, *people)
        services.stop_recording(recording_id=recording.id, actor=people[1])
        assert services.process_recording(recording_id=recording.id).status == "failed"

    def test_keeps_what_came_before_a_lost_piece(self, room_id, people, film):
        recording = agreed(room_id, *people)
        parts = pieces(film, size=len(film) // 2 + 1)
        services.add_chunk(recording_id=recording.id, actor=people[0], number=1, content=parts[0])
        services.add_chunk(recording_id=recording.id, actor=people[0], number=3, content=parts[1])
        services.stop_recording(recording_id=recording.id, actor=people[0])
        assert services.process_recording(recording_id=recording.id).status == "processed"

    def test_begins_by_itself_when_the_browser_is_gone(self, room_id, people, film):
        recording = agreed(room_id, *people)
        services.add_chunk(recording_id=recording.id, actor=people[0], number=1, content=film)
        with clock.travel(by=3 * MINUTE):
            assert services.end_silent_recordings() == 1
            run_due_jobs()
        recording.refresh_from_db()
        assert recording.status == "processed"
        assert recording.stopped_at == BEGINS + MINUTE

    def test_broken_off_is_taken_up_again(self, room_id, people, film):
        recording = recorded(room_id, *people, film)
        Recording.objects.update(status="processing", heard_at=clock.now() - timedelta(hours=2))
        assert services.end_silent_recordings() == 1
        run_due_jobs()
        recording.refresh_from_db()
        assert recording.status == "processed"

    def test_a_ready_recording_has_a_file_by_law(self, room_id, people):
        recording = agreed(room_id, *people)
        with pytest.raises(IntegrityError), transaction.atomic():
            Recording.objects.filter(id=recording.id).update(status="processed")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_ask_once_and_take_each_piece_once(self):
        nadia, salma = person("Nadia"), person("Salma")
        now = clock.now()
        room_id = a_room(nadia, salma, starts_at=now)

        def ask(who):
            return lambda: _at(now, lambda: services.ask_to_record(room_id=room_id, actor=who))

        answers = testing.at_once([ask(nadia), ask(salma)] * 16)
        assert sum(isinstance(answer, Recording) for answer in answers) == 1
        assert sum(isinstance(answer, services.RecordingGoesOn) for answer in answers) == 31
        recording = Recording.objects.get()
        asker, other = (nadia, salma) if recording.person_id == nadia.id else (salma, nadia)
        services.answer_recording(recording_id=recording.id, actor=other, agrees=True, now=now)
        services.start_recording(recording_id=recording.id, actor=asker, now=now)

        def send(number):
            return lambda: services.add_chunk(
                recording_id=recording.id, actor=asker, number=number, content=b"x" * number, now=now
            )

        answers = testing.at_once([send(1 + n % 4) for n in range(32)])
        assert answers == [None] * 32
        recording.refresh_from_db()
        assert (recording.size, recording.chunks.count()) == (10, 4)
        assert RoomEvent.objects.filter(kind="asked").count() == 1


def _at(moment, act):
    with clock.travel(to=moment):
        return act()
