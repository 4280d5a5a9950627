"""What lessons does when it hears of something."""

from majlis.engines.scheduling.events import TimeFreed
from majlis.kit.events import subscribe
from majlis.products.lessons import services


@subscribe(TimeFreed)
def on_time_freed(event: TimeFreed) -> None:
    """A time became free again: offer it to whoever waits for one of these people."""
    for person_id in event.person_ids:
        services.offer_freed_time(teacher_id=person_id, starts_at=event.starts_at, ends_at=event.ends_at)
