import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection

from majlis.engines.messaging import queries, services
from majlis.engines.messaging.events import ConversationAnswered, ConversationOpened
from majlis.engines.messaging.models import Conversation, Message
from majlis.kernel.accounts import queries as accounts
from majlis.kernel.accounts.models import AuditEntry
from majlis.kernel.accounts.services import block_person, grant_role
from majlis.kernel.files import services as files
from majlis.kernel.notices.models import StreamEvent
from majlis.kernel.notices.services import send_due_mails
from majlis.kit import audit, clock
from majlis.kit.errors import Forbidden, Invalid, NotFound, TooMany
from majlis.kit.testing import person

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def expert(name="Omar", **fields):
    teacher = person(name, **fields)
    grant_role(actor=None, person=teacher, role="expert")
    return teacher


@pytest.fixture
def salma(db):
    return person("Salma")


@pytest.fixture
def omar(db):
    return expert()


@pytest.fixture
def talk(salma, omar):
    return services.open_conversation(actor=salma, with_id=omar.pk)


def send(actor, talk, text="Hello", **more):
    return services.send_message(actor=actor, conversation_id=talk.pk, text=text, **more)


class TestOpenConversation:
    def test_is_one_per_pair_whoever_begins(self, salma, omar, talk):
        assert services.open_conversation(actor=omar, with_id=salma.pk) == talk

    def test_needs_an_expert_or_staff_on_one_side(self, salma):
        with pytest.raises(services.NotReachable):
            services.open_conversation(actor=salma, with_id=person().pk)

    def test_not_with_oneself_nor_a_closed_account(self, omar, salma):
        with pytest.raises(services.NotReachable):
            services.open_conversation(actor=omar, with_id=omar.pk)
        block_person(actor=None, person=salma, reason="Test")
        with pytest.raises(services.NotReachable):
            services.open_conversation(actor=omar, with_id=salma.pk)

    def test_a_minor_needs_the_guardians_consent(self, omar):
        child = person("Zaid", birth_date=clock.today("UTC") - timedelta(days=365 * 12))
        with pytest.raises(accounts.GuardianNeeded):
            services.open_conversation(actor=child, with_id=omar.pk)

    def test_nobody_can_write_to_hundreds(self, salma, omar):
        for _n in range(30):
            services.open_conversation(actor=omar, with_id=person().pk)
        with pytest.raises(TooMany):
            services.open_conversation(actor=omar, with_id=person().pk)


class TestSendMessage:
    def test_arrives_with_a_number_and_counts_as_unread(self, salma, omar, talk):
        send(salma, talk, "Hello"), send(salma, talk, "Are you there?")
        (seen,) = queries.conversations_of(omar).items
        assert (seen.unread, seen.other, seen.last.text) == (2, salma, "Are you there?")
        assert [m.number for m in queries.messages(talk.pk, seen_by=omar).items] == [1, 2]
        assert queries.unread_total(omar) == 2
        assert queries.unread_total(salma) == 0

    def test_the_same_key_is_stored_once(self, salma, talk):
        first, again = send(salma, talk, key="key-00001"), send(salma, talk, key="key-00001")
        assert first == again
        assert Message.objects.count() == 1

    def test_goes_live_to_both(self, salma, omar, talk):
        send(salma, talk, key="key-00001")
        event = StreamEvent.objects.get(kind="message")
        assert set(event.people) == {salma.pk, omar.pk}
        assert event.payload == {
            "conversation": str(talk.pk), "number": 1, "from": str(salma.pk), "key": "key-00001",
        }  # fmt: skip
        assert StreamEvent.objects.get(kind="counter").payload == {"name": "inbox", "value": 1}

    @pytest.mark.parametrize("text", ["", "  \n ", "x" * 4001])
    def test_refuses_nothing_and_too_much(self, salma, talk, text):
        with pytest.raises(Invalid):
            send(salma, talk, text)

    def test_a_stranger_is_told_that_there_is_nothing(self, talk):
        with pytest.raises(NotFound):
            send(person(), talk)
        with pytest.raises(NotFound):
            queries.messages(talk.pk, seen_by=person())

    def test_carries_files_of_its_sender_alone(self, salma, omar, talk):
        mine = files.store_file(actor=salma, content=PDF, name="work.pdf", purpose="attachment")
        send(salma, talk, "", file_ids=[mine.pk])
        (paper,) = queries.messages(talk.pk, seen_by=omar).items[0].papers
        assert paper.name == "work.pdf"
        theirs = files.store_file(actor=omar, content=PDF, name="x.pdf", purpose="attachment")
        with pytest.raises(NotFound):
            send(salma, talk, "", file_ids=[theirs.pk])
        assert Message.objects.count() == 1

    def test_is_throttled(self, salma, talk):
        # At most 60 in each clock minute, of which this test may see two.
        with clock.travel():
            for _n in range(60):
                send(salma, talk)
            with pytest.raises(TooMany):
                send(salma, talk)

    def test_quotes_what_it_answers(self, salma, omar, talk):
        send(salma, talk, "Monday or Tuesday?")
        send(omar, talk, "Tuesday", reply_to=1)
        quote = queries.messages(talk.pk, seen_by=salma).items[-1].reply_to
        assert (quote.number, quote.mine, quote.text) == (1, True, "Monday or Tuesday?")

    def test_is_mailed_once_when_it_stands_unread(self, salma, omar, talk):
        send(salma, talk), send(salma, talk)
        assert send_due_mails() == 0
        with clock.travel(by=timedelta(minutes=11)):
            assert send_due_mails() == 1
        assert f"/inbox/{talk.pk}/" in mail.outbox[0].body

    def test_is_not_mailed_when_it_was_read(self, salma, omar, talk):
        send(salma, talk)
        services.mark_read(actor=omar, conversation_id=talk.pk)
        with clock.travel(by=timedelta(minutes=11)):
            assert send_due_mails() == 0

    def test_tells_how_long_the_first_answer_took(self, salma, omar, talk, monkeypatch):
        heard = []
        monkeypatch.setattr("majlis.kit.events.publish", heard.append)
        asked = clock.now()
        send(salma, talk, now=asked)
        for minutes in (7, 8):
            send(omar, talk, now=asked + timedelta(minutes=minutes))
        send(salma, talk)
        opened = ConversationOpened(talk.pk, salma.pk, omar.pk, asked)
        answered = ConversationAnswered(talk.pk, salma.pk, omar.pk, asked, asked + timedelta(minutes=7))
        assert heard == [opened, answered]


class TestMarkRead:
    def test_shows_the_sender_and_never_goes_back(self, salma, omar, talk):
        for _n in range(3):
            send(salma, talk)
        assert services.mark_read(actor=omar, conversation_id=talk.pk, number=2) == 1
        assert services.mark_read(actor=omar, conversation_id=talk.pk, number=1) == 1
        assert [m.seen for m in queries.messages(talk.pk, seen_by=salma).items] == [True, True, False]
        assert queries.unread_total(omar) == 1

    def test_answering_reads(self, salma, omar, talk):
        send(salma, talk)
        send(omar, talk)
        assert queries.unread_total(omar) == 0
        assert queries.messages(talk.pk, seen_by=salma).items[0].seen


class TestBlock:
    def test_stops_both_directions_until_taken_back(self, salma, omar, talk):
        services.block(actor=omar, conversation_id=talk.pk)
        for sender in (salma, omar):
            with pytest.raises(services.Blocked):
                send(sender, talk)
        assert not queries.conversation(talk.pk, seen_by=salma).blocked
        services.unblock(actor=salma, conversation_id=talk.pk)
        with pytest.raises(services.Blocked):
            send(salma, talk)
        services.unblock(actor=omar, conversation_id=talk.pk)
        send(salma, talk)

    def test_hides_typing_and_presence(self, salma, omar, talk):
        send(salma, talk)
        assert queries.correspondents([omar.pk]) == {omar.pk: [salma.pk]}
        services.block(actor=salma, conversation_id=talk.pk)
        assert queries.correspondents([omar.pk]) == {}

    def test_who_hides_their_presence_is_not_told_of(self, salma, omar, talk):
        send(salma, talk)
        omar.privacy = {"show_presence": False}
        omar.save()
        assert queries.correspondents([omar.pk, salma.pk]) == {salma.pk: [omar.pk]}


class TestChanging:
    def test_keeps_what_it_said_before(self, salma, omar, talk):
        message = send(salma, talk, "Helo")
        services.edit_message(actor=salma, message_id=message.pk, text="Hello")
        seen = queries.messages(talk.pk, seen_by=omar).items[0]
        assert (seen.text, seen.edited) == ("Hello", True)
        assert message.earlier.get().text == "Helo"

    def test_takes_a_message_back_for_both(self, salma, omar, talk):
        message = send(salma, talk, "Secret")
        services.delete_message(actor=salma, message_id=message.pk)
        for reader in (salma, omar):
            seen = queries.messages(talk.pk, seen_by=reader).items[0]
            assert (seen.text, seen.hidden) == ("", True)
        assert queries.unread_total(omar) == 0
        assert Message.objects.get().text == "Secret"

    def test_is_possible_for_a_quarter_of_an_hour(self, salma, talk):
        message = send(salma, talk)
        with clock.travel(by=timedelta(minutes=15)):
            for change in (
                lambda: services.delete_message(actor=salma, message_id=message.pk),
                lambda: services.edit_message(actor=salma, message_id=message.pk, text="x"),
            ):
                with pytest.raises(services.TooLate):
                    change()

    def test_is_the_senders_alone(self, salma, omar, talk):
        message = send(salma, talk)
        with pytest.raises(NotFound):
            services.delete_message(actor=omar, message_id=message.pk)


class TestMessages:
    def test_are_paged_in_both_directions(self, salma, omar, talk):
        for number in range(1, 8):
            send(salma, talk, str(number))
        last = queries.messages(talk.pk, seen_by=omar, limit=3)
        assert [m.text for m in last.items] == ["5", "6", "7"]
        assert (last.older, last.newer) == (5, None)
        earlier = queries.messages(talk.pk, seen_by=omar, before=last.older, limit=3)
        assert [m.text for m in earlier.items] == ["2", "3", "4"]
        later = queries.messages(talk.pk, seen_by=omar, after=2, limit=3)
        assert [m.text for m in later.items] == ["3", "4", "5"]
        assert later.newer == 5


class TestConversationsOf:
    def test_pins_first_then_the_liveliest_and_pages(self, salma):
        talks = []
        for n in range(5):
            talks.append(services.open_conversation(actor=salma, with_id=expert(f"Teacher {n}").pk))
            send(salma, talks[-1], now=clock.now() + timedelta(minutes=n))
        services.pin(actor=salma, conversation_id=talks[0].pk)
        first = queries.conversations_of(salma, limit=2)
        second = queries.conversations_of(salma, first.next, limit=2)
        third = queries.conversations_of(salma, second.next, limit=2)
        names = [v.other.name[-1] for page in (first, second, third) for v in page.items]
        assert names == ["0", "4", "3", "2", "1"]
        assert third.next is None

    def test_finds_names_and_words_without_accents_and_never_others(self, salma, omar, talk):
        send(salma, talk, "Où est la bibliothèque ?")
        stranger = services.open_conversation(actor=person(), with_id=omar.pk)
        Conversation.objects.filter(pk=stranger.pk).update(last_number=0)
        assert len(queries.conversations_of(salma, words="bibliotheque").items) == 1
        assert len(queries.conversations_of(salma, words="OMAR").items) == 1
        assert queries.conversations_of(salma, words="nothing").items == []
        assert queries.conversations_of(person(), words="bibliotheque").items == []


class TestReadForAReason:
    def test_is_written_down_and_shows_what_was_taken_back(self, salma, talk):
        send(salma, talk, "Secret")
        services.delete_message(actor=salma, message_id=Message.objects.get().pk)
        judge = person("Judge")
        grant_role(actor=None, person=judge, role="moderator")
        with pytest.raises(Invalid):
            services.read_for_a_reason(actor=judge, conversation_id=talk.pk, reason="why not")
        (read,) = services.read_for_a_reason(actor=judge, conversation_id=talk.pk, reason="Dispute 17: abuse claimed")
        assert read.text == "Secret"
        assert AuditEntry.objects.filter(action="messaging.read", actor=judge).exists()

    def test_is_for_staff(self, salma, omar, talk):
        with pytest.raises(Forbidden):
            services.read_for_a_reason(actor=person(), conversation_id=talk.pk, reason="I am very curious")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_the_same_key_from_thirty_two_connections_is_one_message(self):
        salma, omar = person("Salma"), expert()
        talk = services.open_conversation(actor=salma, with_id=omar.pk)
        stored = []

        def work(n):
            try:
                stored.append(send(salma, talk, key="the-same-key").pk)
                stored.append(send(omar, talk, key=f"another-key-{n}").pk)
            finally:
                connection.close()

        threads = [threading.Thread(target=work, args=(n,)) for n in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(stored) == 64
        assert Message.objects.filter(sender=salma).count() == 1
        assert list(Message.objects.order_by("number").values_list("number", flat=True)) == list(range(1, 34))
        assert all(not outcome.findings for outcome in audit.run("messaging"))

    def test_two_who_open_at_once_meet_in_one_conversation(self):
        salma, omar = person("Salma"), expert()
        found = []

        def work(me, you):
            try:
                found.append(services.open_conversation(actor=me, with_id=you.pk).pk)
            finally:
                connection.close()

        pairs = [(salma, omar), (omar, salma)] * 8
        threads = [threading.Thread(target=work, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 16
        assert len(set(found)) == 1
