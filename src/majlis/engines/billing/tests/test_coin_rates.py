"""What coins cost, and who says so."""

import http.server
import threading
from datetime import timedelta
from decimal import Decimal

import pytest

from majlis.engines.billing import services
from majlis.engines.billing.tests import nodes
from majlis.engines.billing.tests.nodes import operate
from majlis.kernel.catalogue import queries as catalogue
from majlis.kernel.catalogue import services as base
from majlis.kit import clock


@pytest.fixture
def operator(settings, monkeypatch):
    operate(settings, monkeypatch)
    return settings


@pytest.mark.django_db
class TestRates:
    def test_are_named_with_their_source_and_not_sold_when_old(self, operator):
        found = services.coin_rate("LTC", "USD")
        assert (found.price, found.source) == (Decimal(80), "the operator")
        with clock.travel(by=timedelta(days=2)), pytest.raises(services.NoCoinRate):
            services.coin_rate("LTC", "USD")

    def test_in_another_currency_name_both_sources(self, operator):
        base.load_base_catalogue()
        found = services.coin_rate("LTC", "EGP")
        assert found.price == 80 * catalogue.per_dollar("EGP")
        assert found.source == "the operator, USD/EGP"

    def test_come_from_a_source_that_is_asked(self, operator):
        class Answers(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"BTC": {"USD": "97012.5", "EUR": 89500}, "DOGE": {"USD": 1}}')

            def log_message(self, *_args) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        operator.COIN_RATES_URL = f"http://127.0.0.1:{server.server_port}/rates.json"
        assert services.fetch_coin_rates() == 2
        server.shutdown()
        assert services.coin_rate("BTC", "EUR").price == 89500
        assert services.coin_rate("BTC", "USD").source == "127.0.0.1"

    def test_a_source_that_is_away_is_no_rate_of_zero(self, operator):
        operator.COIN_RATES_URL = f"http://127.0.0.1:{nodes.free_port()}/"
        with pytest.raises(services.GatewayUnreachable):
            services.fetch_coin_rates()
