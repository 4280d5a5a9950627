"""Jobs of lessons."""

from procrastinate.contrib.django import app

from majlis.products.lessons import services


@app.periodic(cron="* * * * *")
@app.task(name="lessons.keep_time", queue="lessons", queueing_lock="lessons.keep_time", pass_context=False)
def keep_time(timestamp: int) -> None:
    """Every minute: close what has ended, settle what is due, let offers and requests lapse."""
    services.close_lessons_that_ended()
    services.settle_due_lessons()
    services.lapse_reschedules()
    services.lapse_offers()
    services.expire_packages()
    services.remind_of_packages()
