"""The room's pages, its API and its page in the office."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from majlis.engines.calls import services
from majlis.engines.calls.tests.factories import a_room
from majlis.kit import clock, testing

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return testing.person("Nadia Farouk"), testing.person("Salma Hassan")


@pytest.fixture
def room_id(people):
    return a_room(*people, starts_at=clock.now())


def post(client, path, body=None, method="post"):
    return getattr(client, method)(path, json.dumps(body or {}), content_type="application/json")


class TestRoomPage:
    @pytest.mark.parametrize(
        ("hours", "text"), [(2, "The room opens"), (0, "Join the call"), (-3, "This call is over.")]
    )
    def test_shows_what_is_possible_now(self, client, people, room_id, hours, text):
        begins = clock.now() + timedelta(hours=hours)
        services.move_room(room_id=room_id, starts_at=begins, ends_at=begins + timedelta(hours=1))
        client.force_login(people[0])
        page = client.get(f"/calls/{room_id}/")
        assert page.status_code == 200
        assert text in page.content.decode()
        assert "Salma Hassan" in page.content.decode()

    def test_says_that_the_meeting_was_called_off(self, client, people, room_id):
        services.close_room(room_id=room_id)
        client.force_login(people[0])
        assert "was called off" in client.get(f"/calls/{room_id}/").content.decode()

    def test_does_not_exist_for_others(self, client, room_id):
        client.force_login(testing.person("Stranger"))
        assert client.get(f"/calls/{room_id}/").status_code == 404

    def test_tells_afterwards_who_was_there(self, client, people, room_id):
        begins = clock.now() - timedelta(hours=3)
        services.move_room(room_id=room_id, starts_at=begins, ends_at=begins + timedelta(hours=1))
        services.witness_stay(
            room_id=room_id, person_id=people[0].id, joined_at=begins, left_at=begins + timedelta(minutes=50)
        )
        client.force_login(people[1])
        page = client.get(f"/calls/{room_id}/").content.decode()
        assert "50 minutes" in page
        assert "Did not come" in page

    def test_allows_a_providers_frame_only_where_one_is_configured(self, client, people, room_id):
        client.force_login(people[0])
        answer = client.get(f"/calls/{room_id}/")
        assert "frame-src 'none'" in answer["Content-Security-Policy"]
        assert answer["Permissions-Policy"].startswith("camera=(self)")


class TestRoomOverTheApi:
    def test_enter_stay_speak_and_leave(self, client, people, room_id):
        client.force_login(people[0])
        entered = post(client, f"/api/v1/calls/{room_id}/visits").json()
        visit = entered["visit_id"]
        assert entered["ticket"]["gateway"] == "p2p"
        assert [p["name"] for p in entered["room"]["present"]] == ["Nadia Farouk"]
        beat = post(client, f"/api/v1/calls/{room_id}/visits/{visit}/beat", {"quality": "good"}).json()
        assert beat["going"] is True
        line = {"key": str(uuid4()), "text": "hello"}
        assert post(client, f"/api/v1/calls/{room_id}/messages", line).status_code == 200
        assert [each["text"] for each in client.get(f"/api/v1/calls/{room_id}/messages").json()] == ["hello"]
        assert client.delete(f"/api/v1/calls/{room_id}/visits/{visit}").status_code == 200
        assert client.get(f"/api/v1/calls/{room_id}").json()["present"] == []

    def test_record_from_asking_to_taking_it_back(self, client, people, room_id):
        nadia, salma = people
        client.force_login(nadia)
        asked = post(client, f"/api/v1/calls/{room_id}/recordings").json()
        path = f"/api/v1/calls/recordings/{asked['id']}"
        assert post(client, f"{path}/start").json()["code"] == "recording_not_agreed"
        services.answer_recording(recording_id=asked["id"], actor=salma, agrees=True)
        assert post(client, f"{path}/start").json()["status"] == "recording"
        piece = client.put(f"{path}/chunks/1", b"\x1aE", content_type="application/octet-stream")
        assert piece.status_code == 200
        assert post(client, f"{path}/stop").json()["status"] == "recorded"
        assert client.put(f"{path}/chunks/2", b"x", content_type="application/octet-stream").status_code == 409
        assert client.delete(path).json()["status"] == "withdrawn"
        assert client.get(f"/api/v1/calls/{room_id}/recordings").json() == []

    def test_nothing_of_it_exists_for_others(self, client, people, room_id):
        recording = services.ask_to_record(room_id=room_id, actor=people[0])
        visit = services.enter_room(room_id=room_id, actor=people[0])
        client.force_login(testing.person("Stranger"))
        room, rec = f"/api/v1/calls/{room_id}", f"/api/v1/calls/recordings/{recording.id}"
        signal = {"visit_id": str(visit.id), "to_visit": str(visit.id), "body": {"candidates": []}}
        for answer in (
            client.get(room),
            post(client, f"{room}/visits"),
            post(client, f"{room}/visits/{visit.id}/beat"),
            client.delete(f"{room}/visits/{visit.id}"),
            post(client, f"{room}/signals", signal),
            client.get(f"{room}/messages"),
            post(client, f"{room}/messages", {"key": str(uuid4()), "text": "x"}),
            client.get(f"{room}/recordings"),
            post(client, f"{room}/recordings"),
            post(client, f"{rec}/answer", {"agrees": True}),
            post(client, f"{rec}/start"),
            post(client, f"{rec}/stop"),
            client.put(f"{rec}/chunks/1", b"x", content_type="application/octet-stream"),
            client.delete(rec),
        ):
            assert answer.status_code == 404, answer.request["PATH_INFO"]

    def test_an_unsigned_message_of_a_provider_is_refused(self, client):
        for gateway, status in (("livekit", 401), ("jitsi", 401), ("p2p", 401), ("zoom", 404)):
            answer = client.post(f"/api/v1/calls/webhooks/{gateway}", b"{}", content_type="application/webhook+json")
            assert answer.status_code == status, gateway


class TestRoomsInTheOffice:
    def test_show_the_evidence_to_support(self, client, settings, people, room_id):
        settings.OFFICE_NEEDS_TWO_STEP = False
        services.witness_stay(
            room_id=room_id, person_id=people[0].id, joined_at=clock.now(), left_at=clock.now() + timedelta(minutes=20)
        )
        recording = services.ask_to_record(room_id=room_id, actor=people[0])
        client.force_login(testing.person("Support", roles=["support"]))
        page = client.get(f"/office/calls/room/{room_id}/change/").content.decode()
        for text in ("Nadia Farouk", "Joined", "Left", "Asked to record", "20 min"):
            assert text in page, text
        for path in ("room/", "recording/", f"recording/{recording.id}/change/"):
            assert client.get(f"/office/calls/{path}").status_code == 200, path
