"""What scheduling does by itself."""

from contextlib import suppress
from datetime import date
from uuid import UUID

from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from majlis.engines.scheduling import services
from majlis.kit.jobs import RETRY


@app.task(name="scheduling.renew_free_time", queue="search", retry=RETRY)
def renew_free_time(person_id: str, first_day: str, last_day: str) -> None:
    """Announce somebody's changed days."""
    services.renew(
        person_id=UUID(person_id), first_day=date.fromisoformat(first_day), last_day=date.fromisoformat(last_day)
    )


@app.periodic(cron="* * * * *")
@app.task(name="scheduling.sweep_holds", queueing_lock="scheduling.sweep_holds")
def sweep_holds(timestamp: int) -> None:
    """Every minute: holds that ran out."""
    while services.sweep_holds():
        pass


@app.periodic(cron="*/10 * * * *")
@app.task(name="scheduling.pass_time", queueing_lock="scheduling.pass_time")
def pass_time(timestamp: int) -> None:
    """Every ten minutes: people whose next free time has passed."""
    while services.pass_time():
        pass


@app.periodic(cron="7 0 * * *")
@app.task(name="scheduling.roll", queueing_lock="scheduling.roll")
def roll(timestamp: int) -> None:
    """Every night: the day that comes into sight."""
    while services.roll():
        pass


@app.task(name="scheduling.read_external_calendar", queue="calendars")
def read_external_calendar(calendar_id: str) -> None:
    """Read one calendar elsewhere. Failures are its health, not the job's."""
    services.read_external_calendar(calendar_id=UUID(calendar_id))


@app.periodic(cron="*/5 * * * *")
@app.task(name="scheduling.read_external_calendars", queueing_lock="scheduling.read_external_calendars")
def read_external_calendars(timestamp: int) -> None:
    """Every five minutes: the calendars whose turn it is, one job each."""
    for calendar_id in services.due_external_calendars():
        with suppress(AlreadyEnqueued):
            read_external_calendar.configure(queueing_lock=f"calendar:{calendar_id}").defer(
                calendar_id=str(calendar_id)
            )
