"""What every carrier of calls promises, asked of each; and what its tickets and messages look like to its server."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from majlis.engines.calls import gateways, queries, services
from majlis.engines.calls.gateways.base import BadSignature, Guest
from majlis.engines.calls.models import Room
from majlis.engines.calls.tests.factories import BEGINS, HOUR, MINUTE, a_room
from majlis.kit.errors import NotFound
from majlis.kit.ids import new_id
from majlis.kit.testing import person

SECRET = "a secret of at least thirty-two bytes"
NOW = BEGINS + MINUTE


@pytest.fixture(autouse=True)
def _configured(settings):
    settings.CALLS_STUN = ["stun:stun.example.org:3478"]
    settings.CALLS_TURN = ["turn:turn.example.org:3478?transport=udp", "turns:turn.example.org:5349"]
    settings.CALLS_TURN_SECRET = SECRET
    settings.CALLS_JITSI_URL, settings.CALLS_JITSI_APP = "https://meet.example.org", "majlis"
    settings.CALLS_JITSI_SECRET = settings.CALLS_JITSI_WEBHOOK_SECRET = SECRET
    settings.CALLS_LIVEKIT_URL, settings.CALLS_LIVEKIT_MEET = "wss://lk.example.org", "https://lk-meet.example.org"
    settings.CALLS_LIVEKIT_KEY, settings.CALLS_LIVEKIT_SECRET = "APIkey", SECRET


def guest(**changes):
    made = Guest(new_id(), BEGINS - 10 * MINUTE, BEGINS + 90 * MINUTE, new_id(), "سلمى", "ar", hosts=False)
    return replace(made, **changes)


@pytest.mark.parametrize("code", gateways.KNOWN)
class TestEveryGateway:
    def test_gives_a_ticket_that_ends_with_the_room(self, code):
        who = guest()
        ticket = gateways.gateway(code).ticket(who, now=NOW)
        assert (ticket.gateway, ticket.expires_at) == (code, who.shuts_at)
        assert bool(ticket.embed_url) != bool(ticket.ice_servers)

    def test_gives_everybody_a_ticket_of_their_own(self, code):
        who = guest()
        tickets = [gateways.gateway(code).ticket(each, now=NOW) for each in (who, replace(who, person_id=new_id()))]
        assert tickets[0] != tickets[1]

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"X-Jaas-Signature": "t=1,v1=x", "Authorization": "x"},
            {
                "Authorization": jwt.encode(
                    {"iss": "APIkey", "exp": 9e9}, "another secret, just as long as ours", "HS256"
                )
            },
            {"Authorization": jwt.encode({"iss": "APIkey", "exp": 9e9, "sha256": ""}, "", "none")},
        ],
    )
    def test_believes_nothing_unsigned(self, code, headers):
        with pytest.raises(BadSignature):
            gateways.gateway(code).hear(headers, b'{"event": "participant_joined"}', now=NOW)

    def test_believes_nobody_while_its_secret_is_empty(self, code, settings):
        settings.CALLS_JITSI_WEBHOOK_SECRET = settings.CALLS_LIVEKIT_SECRET = ""
        body = b"{}"
        unsigned = jwt.encode({"iss": "APIkey", "exp": 9e9, "sha256": ""}, None, "none")
        for headers in (signed_by_jitsi(body, secret=""), signed_by_livekit(body), {"Authorization": unsigned}):
            with pytest.raises(BadSignature):
                gateways.gateway(code).hear(headers, body, now=NOW)


class TestPeerToPeer:
    def test_gives_turn_a_password_that_coturn_computes_too(self):
        who = guest()
        stun, turn = gateways.gateway("p2p").ticket(who, now=NOW).ice_servers
        assert stun == {"urls": ["stun:stun.example.org:3478"]}
        assert turn["username"] == f"{int(who.shuts_at.timestamp())}:{who.person_id}"
        digest = hmac.new(SECRET.encode(), turn["username"].encode(), hashlib.sha1).digest()
        assert turn["credential"] == base64.b64encode(digest).decode()
        assert len(turn["urls"]) == 2

    def test_needs_no_server_at_all(self, settings):
        settings.CALLS_STUN, settings.CALLS_TURN = [], []
        assert gateways.gateway("p2p").ticket(guest(), now=NOW).ice_servers == ()


class TestJitsi:
    def test_ticket_is_a_token_for_this_room_and_person(self):
        who = guest(hosts=True)
        ticket = gateways.gateway("jitsi").ticket(who, now=NOW)
        address = urlsplit(ticket.embed_url)
        assert (address.netloc, address.path) == ("meet.example.org", f"/{who.room_id}")
        (token,) = parse_qs(address.query)["jwt"]
        claims = jwt.decode(
            token, SECRET, ["HS256"], audience="jitsi", options={"verify_exp": False, "verify_nbf": False}
        )
        assert (claims["iss"], claims["sub"], claims["room"]) == ("majlis", "meet.example.org", str(who.room_id))
        assert (claims["nbf"], claims["exp"]) == (int(who.opens_at.timestamp()), int(who.shuts_at.timestamp()))
        user = claims["context"]["user"]
        assert (user["id"], user["name"], user["moderator"]) == (str(who.person_id), "سلمى", True)

    def test_message_is_refused_when_altered_or_old(self):
        body = b'{"eventType": "PARTICIPANT_JOINED"}'
        headers = signed_by_jitsi(body)
        assert gateways.gateway("jitsi").hear(headers, body, now=NOW) == []
        for altered, now in ((body + b" ", NOW), (body, NOW + 6 * MINUTE), (body, NOW - 6 * MINUTE)):
            with pytest.raises(BadSignature):
                gateways.gateway("jitsi").hear(headers, altered, now=now)


class TestLiveKit:
    def test_ticket_is_an_access_token_for_this_room_and_person(self):
        who = guest()
        ticket = gateways.gateway("livekit").ticket(who, now=NOW)
        claims = jwt.decode(ticket.token, SECRET, ["HS256"], options={"verify_exp": False, "verify_nbf": False})
        assert (claims["iss"], claims["sub"], claims["name"]) == ("APIkey", str(who.person_id), "سلمى")
        assert claims["video"]["room"] == str(who.room_id)
        assert (claims["video"]["roomJoin"], claims["video"]["roomAdmin"]) == (True, False)
        assert claims["exp"] == int(who.shuts_at.timestamp())
        asked = parse_qs(urlsplit(ticket.embed_url).query)
        assert asked == {"liveKitUrl": ["wss://lk.example.org"], "token": [ticket.token]}

    def test_message_is_refused_when_altered_or_old(self):
        body = b'{"event": "track_published"}'
        headers = signed_by_livekit(body)
        assert gateways.gateway("livekit").hear(headers, body, now=NOW) == []
        for altered, now in ((body + b" ", NOW), (body, NOW + HOUR)):
            with pytest.raises(BadSignature):
                gateways.gateway("livekit").hear(headers, altered, now=now)


def signed_by_jitsi(body, secret=SECRET, now=NOW):
    sent = str(int(now.timestamp()))
    digest = hmac.new(secret.encode(), f"{sent}.".encode() + body, hashlib.sha256).digest()
    return {"X-Jaas-Signature": f"t={sent},v1={base64.b64encode(digest).decode()}"}


def signed_by_livekit(body, secret=SECRET, now=NOW):
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    claims = {"iss": "APIkey", "nbf": int(now.timestamp()), "exp": int(now.timestamp()) + 300, "sha256": digest}
    return {"Authorization": jwt.encode(claims, secret, "HS256")}


def of_jitsi(what, room_id, who, at):
    kind = {"joined": "PARTICIPANT_JOINED", "left": "PARTICIPANT_LEFT", "finished": "ROOM_DESTROYED"}[what]
    said = {
        "eventType": kind,
        "fqn": f"app/{room_id}",
        "timestamp": int(at.timestamp() * 1000),
        "data": {"id": str(who.id)},
    }
    return json.dumps(said).encode()


def of_livekit(what, room_id, who, at):
    kind = {"joined": "participant_joined", "left": "participant_left", "finished": "room_finished"}[what]
    said = {"event": kind, "room": {"name": str(room_id)}, "createdAt": str(int(at.timestamp()))}
    return json.dumps(said | {"participant": {"identity": str(who.id)}}).encode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "of", "signed"), [("jitsi", of_jitsi, signed_by_jitsi), ("livekit", of_livekit, signed_by_livekit)]
)
class TestEvidenceOfProviders:
    def tell(self, code, of, signed, what, room_id, who, at, now=None):
        body = of(what, room_id, who, at)
        return services.hear_provider(code=code, headers=signed(body, now=now or at), body=body, now=now or at)

    def rooms(self, code):
        nadia, salma = person("Nadia"), person("Salma")
        room_id = a_room(nadia, salma)
        Room.objects.filter(id=room_id).update(gateway=code)
        return room_id, nadia, salma

    def test_who_came_and_went_is_attendance_told_once_or_twice(self, code, of, signed):
        room_id, nadia, salma = self.rooms(code)
        for _ in range(2):
            self.tell(code, of, signed, "joined", room_id, nadia, BEGINS)
        self.tell(code, of, signed, "joined", room_id, salma, BEGINS + 10 * MINUTE)
        for _ in range(2):
            self.tell(code, of, signed, "left", room_id, nadia, BEGINS + 40 * MINUTE)
        self.tell(code, of, signed, "finished", room_id, salma, BEGINS + 60 * MINUTE)
        seen = queries.attendance(room_id)
        assert (seen[nadia.id].seconds, seen[salma.id].seconds) == (2400, 3000)

    def test_strangers_other_rooms_and_other_times_are_not(self, code, of, signed):
        room_id, nadia, _salma = self.rooms(code)
        ours = a_room(nadia)
        assert self.tell(code, of, signed, "joined", room_id, person(), BEGINS) == 0
        assert self.tell(code, of, signed, "joined", ours, nadia, BEGINS) == 0
        assert self.tell(code, of, signed, "joined", room_id, nadia, BEGINS - HOUR) == 0
        assert self.tell(code, of, signed, "joined", room_id, nadia, BEGINS + 20 * MINUTE, now=BEGINS) == 0
        assert queries.attendance(room_id) == queries.attendance(ours) == {}

    def test_somebody_whose_leaving_was_never_told_is_gone_when_the_room_shuts(self, code, of, signed):
        room_id, nadia, _salma = self.rooms(code)
        self.tell(code, of, signed, "joined", room_id, nadia, BEGINS)
        assert services.end_lost_visits(now=BEGINS + HOUR) == 0
        assert services.end_lost_visits(now=BEGINS + 2 * HOUR) == 1
        assert queries.attendance(room_id)[nadia.id].seconds == 0


@pytest.mark.django_db
def test_a_ticket_is_for_members_while_the_room_is_open():
    nadia = person("Nadia")
    room_id = a_room(nadia, person("Salma"))
    assert services.ticket_for(room_id=room_id, actor=nadia, now=NOW).ice_servers
    with pytest.raises(NotFound):
        services.ticket_for(room_id=room_id, actor=person(), now=NOW)
    with pytest.raises(services.NotNow):
        services.ticket_for(room_id=room_id, actor=nadia, now=BEGINS - HOUR)


def test_nobody_knows_other_carriers():
    with pytest.raises(NotFound):
        gateways.gateway("zoom")
