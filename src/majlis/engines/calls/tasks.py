"""Jobs of calls."""

from procrastinate.contrib.django import app

from majlis.engines.calls import services


@app.periodic(cron="* * * * *")
@app.task(name="calls.end_lost_visits", queue="calls", queueing_lock="calls.end_lost_visits")
def end_lost_visits(timestamp: int) -> None:
    """Every minute: visits whose heartbeat has stopped are over."""
    services.end_lost_visits()
