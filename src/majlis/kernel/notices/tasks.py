"""Jobs of notices."""

from typing import Any
from uuid import UUID

from procrastinate.contrib.django import app

from majlis.kernel.notices import services
from majlis.kit.jobs import RETRY


@app.task(name="notices.send_mails", queue="mail")
def send_mails(person_id: str) -> None:
    """Right after a notice: that person's mails that are due."""
    services.send_due_mails(people=[UUID(person_id)])


@app.task(name="notices.send_mails_to", queue="mail")
def send_mails_to(people: list[str]) -> None:
    """Right after many were told: their mails that are due, over one connection."""
    services.send_due_mails(people=[UUID(each) for each in people], limit=2 * len(people))


@app.task(name="notices.send_letter", queue="mail", retry=RETRY)
def send_letter(**letter: str) -> None:
    """A mail to somebody without an account."""
    services.send_letter(**letter)


@app.periodic(cron="* * * * *")
@app.task(name="notices.minute", queue="mail", queueing_lock="notices.minute")
def every_minute(timestamp: int = 0, **_: Any) -> None:
    """Every minute: reminders whose time has come, then mails that waited."""
    services.tell_due_reminders()
    services.send_due_mails()


@app.periodic(cron="23 * * * *")
@app.task(name="notices.sweep", queue="house", queueing_lock="notices.sweep")
def every_hour(timestamp: int = 0, **_: Any) -> None:
    """Every hour: live events of yesterday, processes long dead."""
    services.sweep_stream()
    services.sweep_presence()
