"""Signals and chat reach whom they are for, and nobody else speaks."""

from uuid import uuid4

import pytest

from majlis.engines.calls import queries, services
from majlis.engines.calls.tests.factories import BEGINS, MINUTE, a_room
from majlis.kernel.notices.models import StreamEvent
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound
from majlis.kit.testing import person

pytestmark = pytest.mark.django_db
OFFER = {"description": {"type": "offer", "sdp": "v=0"}}


@pytest.fixture(autouse=True)
def _during_the_lesson():
    with clock.travel(to=BEGINS + MINUTE):
        yield


@pytest.fixture
def people(db):
    return person("Nadia"), person("Salma")


@pytest.fixture
def room_id(people):
    return a_room(*people)


def heard(what):
    return [
        (e.people, e.payload)
        for e in StreamEvent.objects.filter(kind="call").order_by("id")
        if e.payload["what"] == what
    ]


class TestSignals:
    def test_reach_the_other_browser_alone(self, room_id, people):
        mine = services.enter_room(room_id=room_id, actor=people[0])
        theirs = services.enter_room(room_id=room_id, actor=people[1])
        services.send_signal(room_id=room_id, actor=people[0], visit_id=mine.id, to_visit=theirs.id, body=OFFER)
        ((to, said),) = heard("signal")
        assert to == [people[1].id]
        assert (said["from"], said["to"], said["body"]) == (str(mine.id), str(theirs.id), OFFER)

    def test_need_a_sender_who_is_in_the_room(self, room_id, people):
        theirs = services.enter_room(room_id=room_id, actor=people[1])
        with pytest.raises(NotFound):
            services.send_signal(room_id=room_id, actor=people[0], visit_id=uuid4(), to_visit=theirs.id, body=OFFER)
        with pytest.raises(NotFound):
            services.send_signal(room_id=room_id, actor=people[0], visit_id=theirs.id, to_visit=theirs.id, body=OFFER)
        stranger = person("Stranger")
        with pytest.raises(NotFound):
            services.send_signal(room_id=room_id, actor=stranger, visit_id=theirs.id, to_visit=theirs.id, body=OFFER)

    def test_do_not_leave_the_room(self, room_id, people):
        mine = services.enter_room(room_id=room_id, actor=people[0])
        elsewhere = services.enter_room(room_id=a_room(people[1]), actor=people[1])
        with pytest.raises(services.PeerGone):
            services.send_signal(room_id=room_id, actor=people[0], visit_id=mine.id, to_visit=elsewhere.id, body=OFFER)

    @pytest.mark.parametrize("body", [{}, {"script": "x"}, {"description": {"sdp": "x" * 70_000}}])
    def test_are_signals_and_not_anything_else(self, room_id, people, body):
        mine = services.enter_room(room_id=room_id, actor=people[0])
        theirs = services.enter_room(room_id=room_id, actor=people[1])
        with pytest.raises(Invalid):
            services.send_signal(room_id=room_id, actor=people[0], visit_id=mine.id, to_visit=theirs.id, body=body)


class TestChat:
    def test_a_line_is_kept_told_and_written_once_per_key(self, room_id, people):
        key = uuid4()
        first = services.say(room_id=room_id, actor=people[0], text=" صباح الخير ", key=key)
        assert services.say(room_id=room_id, actor=people[0], text="other", key=key).id == first.id
        assert [line.text for line in queries.messages(room_id, seen_by=people[1])] == ["صباح الخير"]
        ((to, said),) = heard("said")
        assert set(to) == {p.id for p in people}
        assert said["text"] == "صباح الخير"

    def test_says_something(self, room_id, people):
        with pytest.raises(Invalid):
            services.say(room_id=room_id, actor=people[0], text="   ", key=uuid4())

    def test_is_for_members_while_the_room_is_open(self, room_id, people):
        with pytest.raises(NotFound):
            services.say(room_id=room_id, actor=person("Stranger"), text="hello", key=uuid4())
        with pytest.raises(NotFound):
            queries.messages(room_id, seen_by=person("Stranger"))
        with clock.travel(by=120 * MINUTE), pytest.raises(services.NotNow):
            services.say(room_id=room_id, actor=people[0], text="hello", key=uuid4())
