"""What experts does when it hears something."""

from majlis.engines.experts import services
from majlis.engines.experts.models import ExpertProfile
from majlis.engines.messaging.events import ConversationAnswered, ConversationOpened
from majlis.engines.reviews.events import RatingChanged
from majlis.engines.scheduling.events import FreeTimeChanged
from majlis.kernel.accounts.events import PersonStatusChanged
from majlis.kit.events import subscribe


@subscribe(FreeTimeChanged)
def on_free_time_changed(event: FreeTimeChanged) -> None:
    """Search's copy of free time follows."""
    services.take_free_time(
        person_id=event.person_id, next_free_at=event.next_free_at, first_day=event.first_day, bits=event.bits
    )


@subscribe(PersonStatusChanged)
def on_person_status_changed(event: PersonStatusChanged) -> None:
    """Who may not sign in is not found either."""
    services.refresh_listings(ExpertProfile.objects.filter(person_id=event.person_id).values_list("pk", flat=True))


@subscribe(RatingChanged)
def on_rating_changed(event: RatingChanged) -> None:
    """The average that profile and search show follows, exactly."""
    services.set_rating(person_id=event.person_id, total=event.total, count=event.count)


@subscribe(ConversationOpened)
def on_conversation_opened(event: ConversationOpened) -> None:
    """Somebody asked this expert for the first time."""
    services.note_question(expert_id=event.asked, conversation_id=event.conversation_id)


@subscribe(ConversationAnswered)
def on_conversation_answered(event: ConversationAnswered) -> None:
    """The expert answered: the response rate rises."""
    services.note_answer(expert_id=event.answered_by, conversation_id=event.conversation_id)
