from datetime import timedelta

import pytest

from majlis.engines.experts import handlers, queries
from majlis.engines.experts.tests import factories
from majlis.engines.messaging import services as messaging
from majlis.engines.messaging.events import ConversationAnswered, ConversationOpened
from majlis.kernel.accounts.types import Role
from majlis.kit import clock, testing
from majlis.kit.ids import new_id
from majlis.kit.jobs import run_due_jobs

pytestmark = pytest.mark.django_db


def write(author, other, text):
    talk = messaging.open_conversation(actor=author, with_id=other.id)
    messaging.send_message(actor=author, conversation_id=talk.id, text=text)
    run_due_jobs()


class TestResponseRate:
    def test_counts_first_questions_and_first_answers(self):
        layla = factories.expert(person=testing.person("Layla Mansour", roles=[Role.EXPERT])).person
        curious, silent = testing.person("Curious"), testing.person("Silent")
        write(curious, layla, "Do you teach beginners?")
        write(silent, layla, "Hello?")
        write(layla, curious, "I do.")
        write(layla, curious, "With pleasure.")
        profile = queries.expert(layla.id)
        assert (profile.questions_asked, profile.questions_answered) == (2, 1)

    def test_what_is_heard_twice_or_out_of_order_counts_once(self):
        layla = factories.expert(person=testing.person("Layla Mansour", roles=[Role.EXPERT])).person
        curious, talk = testing.person("Curious").id, new_id()
        asked, answered = clock.now() - timedelta(hours=1), clock.now()
        for _time in range(2):
            handlers.on_conversation_answered(ConversationAnswered(talk, curious, layla.id, asked, answered))
            handlers.on_conversation_opened(ConversationOpened(talk, curious, layla.id, asked))
        profile = queries.expert(layla.id)
        assert (profile.questions_asked, profile.questions_answered) == (1, 1)
