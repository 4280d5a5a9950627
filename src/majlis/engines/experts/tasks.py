"""What experts does by the clock."""

from procrastinate.contrib.django import app

from majlis.engines.experts import services


@app.periodic(cron="7 * * * *")
@app.task(name="experts.refresh_stale_listings", queueing_lock="experts.refresh_stale_listings")
def refresh_stale_listings(timestamp: int = 0) -> None:
    """Follow changed names, standings and exchange rates."""
    services.refresh_stale_listings()


@app.periodic(cron="20 3 * * *")
@app.task(name="experts.prune_free_days", queueing_lock="experts.prune_free_days")
def prune_free_days(timestamp: int = 0) -> None:
    """Forget days that are over."""
    services.prune_free_days()
