"""What lessons does when it hears of something."""

from contextlib import suppress

from majlis.engines.scheduling.events import CancellationAsked, TimeFreed
from majlis.kernel.accounts.queries import person
from majlis.kit.errors import Refusal
from majlis.kit.events import subscribe
from majlis.products.lessons import services


@subscribe(TimeFreed)
def on_time_freed(event: TimeFreed) -> None:
    """A time became free again: offer it to whoever waits for one of these people."""
    for person_id in event.person_ids:
        services.offer_freed_time(teacher_id=person_id, starts_at=event.starts_at, ends_at=event.ends_at)


@subscribe(CancellationAsked)
def on_cancellation_asked(event: CancellationAsked) -> None:
    """Somebody took time off, or closed hours, and wants the lessons in it cancelled: by them, under the policy."""
    if event.kind != "lesson":
        return
    with suppress(Refusal):  # it was cancelled or held meanwhile
        services.cancel_lesson(actor=person(event.person_id), lesson_id=event.subject_id, reason=event.reason)
