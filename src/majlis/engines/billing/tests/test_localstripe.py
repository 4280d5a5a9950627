"""Stripe once more, against a program that others wrote: `localstripe`, in a process of its own, in an environment of
its own. It knows no Checkout, so what is tried is what comes after: PaymentIntents, refunds, and what it signs."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import stripe

from majlis.engines.billing import gateways, services
from majlis.engines.billing.gateways.base import BadSignature, Delivery
from majlis.engines.billing.models import Charge, Payment, Refund
from majlis.engines.billing.tests.factories import draft, order, usd, wallet
from majlis.engines.billing.types import PaymentStatus, RefundStatus, WebhookStatus
from majlis.kit import clock
from majlis.kit.ids import new_id

pytestmark = pytest.mark.django_db
VERSION = "1.15.10"
KEY, SIGNING = "sk_test_localstripe0123456789", "whsec_localstripe0123456789"


def program():
    """Where `localstripe` is: named, or installed once beside nothing of ours."""
    if os.environ.get("MAJLIS_LOCALSTRIPE"):
        return Path(os.environ["MAJLIS_LOCALSTRIPE"])
    home = Path(tempfile.gettempdir()) / f"majlis-localstripe-{VERSION}-{os.getuid()}"
    if not (home / "bin" / "localstripe").exists():
        for words in (
            [sys.executable, "-m", "venv", str(home)],
            [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", f"localstripe=={VERSION}"],
        ):
            try:
                subprocess.run(words, check=True, capture_output=True, timeout=180)
            except (subprocess.SubprocessError, OSError) as wrong:
                pytest.skip(f"localstripe could not be installed ({type(wrong).__name__}): is there a network?")
    return home / "bin" / "localstripe"


@pytest.fixture(scope="module")
def stripe_url(tmp_path_factory):
    here = tmp_path_factory.mktemp("localstripe")
    port = 24_000 + os.getpid() % 900
    with (here / "log").open("w") as log:
        running = subprocess.Popen(
            [str(program()), "--port", str(port), "--from-scratch"], cwd=here, stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    try:
        for _try in range(100):
            try:
                client(url).balance.retrieve()
                break
            except stripe.StripeError:
                time.sleep(0.1)
        yield url
    finally:
        running.terminate()
        running.wait(10)


@pytest.fixture
def posted(stripe_url):
    """What localstripe posts to the address it was told."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(Delivery({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format, *args):
            """The test's output stays readable."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    wish = {"url": f"http://127.0.0.1:{server.server_port}/", "secret": SIGNING}
    telling = urllib.request.Request(
        f"{stripe_url}/_config/webhooks/majlis",
        json.dumps(wish).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"},
    )
    urllib.request.urlopen(telling, timeout=10).read()
    yield received
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _keys(settings, stripe_url):
    settings.PAYMENTS = {"stripe": {"secret_key": KEY, "webhook_secret": SIGNING, "url": stripe_url}}


def client(url):
    return stripe.StripeClient(KEY, base_addresses={"api": url}, max_network_retries=0).v1


@pytest.fixture
def payment(buyer, stripe_url):
    """An attempt whose PaymentIntent waits at localstripe for the buyer's card."""
    bought, payment_id = order(buyer, draft(10_000)), new_id()
    theirs = client(stripe_url)
    customer = theirs.customers.create({"email": buyer.email}).id
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    method = theirs.payment_methods.create({"type": "card", "card": card}).id
    theirs.payment_methods.attach(method, {"customer": customer})
    intent = theirs.payment_intents.create(
        {
            "amount": 10_000,
            "currency": "usd",
            "customer": customer,
            "payment_method": method,
            "metadata": {"payment": str(payment_id)},
        }
    )
    return Payment.objects.create(
        id=payment_id,
        payer=buyer,
        order=bought,
        gateway="stripe",
        key=str(payment_id),
        status=PaymentStatus.PENDING,
        unit="USD",
        amount=10_000,
        provider_ref=intent.id,
    )


def waited_for(received, kind, about):
    """The delivery of this kind that names `about`. It comes about a second later, when another test may have begun."""
    for _try in range(100):
        for delivery in list(received):
            if json.loads(delivery.body)["type"] == kind and about in delivery.body.decode():
                return delivery
        time.sleep(0.1)
    raise AssertionError(f"No {kind} among {[json.loads(each.body)['type'] for each in received]}")


class TestLocalstripe:
    def test_knows_our_keys(self):
        stripe = gateways.gateway("stripe")
        stripe.greet()  # raises what keeps it from us
        assert (stripe.ready(), stripe.mode()) == (True, "test")

    def test_its_signed_word_pays_the_order_and_an_altered_one_does_not(self, payment, posted, stripe_url):
        client(stripe_url).payment_intents.confirm(payment.provider_ref)
        delivery = waited_for(posted, "payment_intent.succeeded", payment.provider_ref)
        altered = delivery.body.replace(b"10000", b"10001")
        assert altered != delivery.body
        with pytest.raises(BadSignature):
            services.receive_webhook(gateway="stripe", headers=delivery.headers, body=altered)
        for _time in range(2):
            event = services.process_webhook(
                services.receive_webhook(gateway="stripe", headers=delivery.headers, body=delivery.body)
            )
        payment.order.refresh_from_db()
        assert (event.status, payment.order.status) == (WebhookStatus.DONE, "paid")
        assert Charge.objects.get().ref == payment.provider_ref

    def test_gives_back_a_part_once(self, payment, stripe_url, buyer):
        client(stripe_url).payment_intents.confirm(payment.provider_ref)
        services.void_order(order_id=payment.order_id, reason="Test")
        services.refresh_payment(payment.id)
        assert wallet(buyer) == 10_000
        refund = services.refund_payment(payment_id=payment.id, amount=usd(4_000), key="a", reason="Test", actor=None)
        services.send_refund(refund.id)
        # As if the answer was lost, a while ago.
        Refund.objects.filter(id=refund.id).update(
            status=RefundStatus.REQUESTED, asked_at=clock.now() - timedelta(hours=1)
        )
        services.send_refund(refund.id)
        theirs = client(stripe_url).refunds.list({"payment_intent": payment.provider_ref}).data
        assert [row.amount for row in theirs] == [4_000]
        assert Refund.objects.get().status == RefundStatus.SENT
