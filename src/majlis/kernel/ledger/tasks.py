"""What the ledger does by itself."""

from procrastinate.contrib.django import app

from majlis.kernel.ledger import services


@app.periodic(cron="* * * * *")
@app.task(name="ledger.roll_up", queue="upkeep", queueing_lock="ledger.roll_up")
def roll_up(timestamp: int) -> None:
    """Every minute: house accounts' balances stay cheap to ask for."""
    services.roll_up()


@app.periodic(cron="* * * * *")
@app.task(name="ledger.expire_holds", queue="upkeep", queueing_lock="ledger.expire_holds")
def expire_holds(timestamp: int) -> None:
    """Every minute: what was set aside and forgotten goes back."""
    services.expire_holds()


@app.periodic(cron="30 3 * * *")
@app.task(name="ledger.make_months", queue="upkeep", queueing_lock="ledger.make_months")
def make_months(timestamp: int) -> None:
    """Every night: the coming months have their partitions."""
    services.make_months()
