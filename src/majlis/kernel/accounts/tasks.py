"""Jobs of accounts."""

from procrastinate.contrib.django import app

from majlis.kernel.accounts import services
from majlis.kit.jobs import RETRY


@app.task(name="accounts.deliver_letter", queue="mail", retry=RETRY)
def deliver_letter(to: str, subject: str, text: str, html: str) -> None:
    """Hand one e-mail to the mail server."""
    services.deliver_letter(to=to, subject=subject, text=text, html=html)


@app.task(name="accounts.deliver_text", queue="mail", retry=RETRY)
def deliver_text(to: str, text: str) -> None:
    """Hand one text message to the gateway."""
    services.deliver_text(to=to, text=text)


@app.periodic(cron="*/5 * * * *")
@app.task(name="accounts.lift_ended_suspensions", queue="upkeep")
def lift_ended_suspensions(timestamp: int) -> None:
    """Let in again whose suspension has ended."""
    services.lift_ended_suspensions()


@app.periodic(cron="17 3 * * *")
@app.task(name="accounts.sweep", queue="upkeep")
def sweep(timestamp: int) -> None:
    """Forget sign-ups nobody confirmed, old tokens and old answers."""
    services.forget_unconfirmed_people()
    services.forget_old_tokens()
    services.forget_old_answers()
