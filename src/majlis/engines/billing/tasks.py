"""Jobs of billing: load, one service call."""

from uuid import UUID

from procrastinate.contrib.django import app

from majlis.kit.jobs import RETRY

HANDS = 4
"""Cards charged at a time: with the worker's other jobs no more connections than its pool has."""


@app.task(name="billing.work_on_webhook", queue="money", retry=RETRY)
def work_on_webhook(event_id: str) -> None:
    """Act on a stored webhook."""
    from majlis.engines.billing import services

    services.process_webhook(UUID(event_id))


@app.task(name="billing.stop_payment", queue="money", retry=RETRY)
def stop_payment(payment_id: str) -> None:
    """Ask a gateway to take no more money for an attempt."""
    from majlis.engines.billing import services

    services.stop_payment(UUID(payment_id))


@app.task(name="billing.send_refund", queue="money", retry=RETRY)
def send_refund(refund_id: str) -> None:
    """Have a gateway send money back."""
    from majlis.engines.billing import services

    services.send_refund(UUID(refund_id))


@app.task(name="billing.deliver_later", queue="money", retry=RETRY)
def deliver_later(ref: str) -> None:
    """The sandbox's delayed webhook."""
    from majlis.engines.billing import services

    services.deliver_sandbox_event(ref, "payment.succeeded")


@app.task(name="billing.end_at_provider", queue="money", retry=RETRY)
def end_at_provider(subscription_id: str) -> None:
    """Have a subscription that is over here be over at the provider too."""
    from majlis.engines.billing import services

    services.end_at_provider(UUID(subscription_id))


@app.periodic(cron="* * * * *")
@app.task(name="billing.look_at_subscriptions", queue="money", queueing_lock="billing.look_at_subscriptions")
def look_at_subscriptions(timestamp: int) -> None:
    """Look at mirrored subscriptions whose webhooks did not come."""
    from majlis.engines.billing import services

    services.look_at_subscriptions()


@app.periodic(cron="* * * * *")
@app.task(name="billing.expire_orders", queue="money", queueing_lock="billing.expire_orders", pass_context=False)
def expire_orders(timestamp: int) -> None:
    """End orders nobody paid in time."""
    from majlis.engines.billing import services

    services.pay_covered_orders()
    services.expire_orders()
    services.expire_gifts()


@app.periodic(cron="* * * * *")
@app.task(name="billing.poll_payments", queue="money", queueing_lock="billing.poll_payments", pass_context=False)
def poll_payments(timestamp: int) -> None:
    """Look at payments whose webhook did not come."""
    from majlis.engines.billing import services

    services.retry_unknown_webhooks()
    services.poll_payments()


@app.periodic(cron="*/10 * * * *")
@app.task(name="billing.expire_allowances", queue="money", queueing_lock="billing.expire_allowances")
def expire_allowances(timestamp: int) -> None:
    """Write off allowances whose time is over."""
    from majlis.engines.billing import services

    services.expire_allowances()


@app.periodic(cron="* * * * *")
@app.task(name="billing.watch_chains", queue="chains", queueing_lock="billing.watch_chains", pass_context=False)
def watch_chains(timestamp: int) -> None:
    """Read what is new on each chain, and end invoices whose rate is over."""
    from majlis.engines.billing import services

    services.watch_chains()
    services.expire_coin_invoices()


@app.periodic(cron="*/5 * * * *")
@app.task(name="billing.fetch_coin_rates", queue="chains", queueing_lock="billing.fetch_coin_rates", pass_context=False)
def fetch_coin_rates(timestamp: int) -> None:
    """Ask the source of coin rates, if there is one."""
    from majlis.engines.billing import services

    services.fetch_coin_rates()


@app.periodic(cron="* * * * *")
@app.task(name="billing.renew_subscriptions", queue="money", queueing_lock="billing.renew_subscriptions")
def renew_subscriptions(timestamp: int) -> None:
    """Renew, dun, resume and end subscriptions whose time has come."""
    from majlis.engines.billing import services

    services.renew_subscriptions(hands=HANDS)


@app.periodic(cron="*/5 * * * *")
@app.task(name="billing.resend_refunds", queue="money", queueing_lock="billing.resend_refunds", pass_context=False)
def resend_refunds(timestamp: int) -> None:
    """Ask about refunds that take their time."""
    from majlis.engines.billing import services

    services.resend_refunds()


@app.task(name="billing.check_tax_number", queue="money", retry=RETRY)
def check_tax_number(details_id: str, number: str) -> None:
    """Ask the register about the VAT number of a business."""
    from majlis.engines.billing import services

    services.check_tax_number(UUID(details_id), number)


@app.periodic(cron="17 * * * *")
@app.task(name="billing.ask_waiting_registers", queue="money", queueing_lock="billing.ask_waiting_registers")
def ask_waiting_registers(timestamp: int) -> None:
    """Ask again about VAT numbers whose register was away."""
    from majlis.engines.billing import services

    services.ask_waiting_registers()


@app.periodic(cron="30 4 * * *")
@app.task(name="billing.check_last_days", queue="money", queueing_lock="billing.check_last_days", pass_context=False)
def check_last_days(timestamp: int) -> None:
    """Compare yesterday with what each provider says of it."""
    from majlis.engines.billing import services

    services.check_last_days()
