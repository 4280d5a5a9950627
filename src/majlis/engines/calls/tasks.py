"""Jobs of calls."""

from uuid import UUID

from procrastinate.contrib.django import app

from majlis.engines.calls import services
from majlis.kit.jobs import RETRY


@app.periodic(cron="* * * * *")
@app.task(name="calls.end_lost_visits", queue="calls", queueing_lock="calls.end_lost_visits")
def end_lost_visits(timestamp: int) -> None:
    """Every minute: visits whose heartbeat has stopped are over."""
    services.end_lost_visits()


@app.periodic(cron="* * * * *")
@app.task(name="calls.end_silent_recordings", queue="calls", queueing_lock="calls.end_silent_recordings")
def end_silent_recordings(timestamp: int) -> None:
    """Every minute: recordings whose browser is gone are over."""
    services.end_silent_recordings()


@app.task(name="calls.process_recording", queue="calls", retry=RETRY)
def process_recording(recording_id: str) -> None:
    """A recording has ended: put it together."""
    services.process_recording(recording_id=UUID(recording_id))
