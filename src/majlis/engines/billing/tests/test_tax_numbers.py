"""VAT numbers: their form and check figures, and the register that is asked where the installation names one."""

import dataclasses
import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from majlis.engines.billing import services
from majlis.engines.billing.gateways.vat import RegisterAnswer, RegisterAway, register
from majlis.engines.billing.gateways.vat.vies import Vies
from majlis.engines.billing.models import BillingDetails
from majlis.engines.billing.policies import policies
from majlis.engines.billing.tests.factories import draft, order, usd
from majlis.engines.billing.vat_numbers import is_plausible, normal
from majlis.kernel.catalogue.services import load_base_catalogue
from majlis.kernel.notices import queries as notices
from majlis.kit import clock, testing
from majlis.kit.jobs import run_due_jobs

GOOD = "DE123456788"


class Double:
    """A register that speaks as VIES does, and says what it was told to say."""

    def __init__(self):
        self.asked, self.answer, self.status = [], {}, 200
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                double.asked.append((self.path, body))
                said = json.dumps({"countryCode": body["countryCode"], "vatNumber": body["vatNumber"], **double.answer})
                self.send_response(double.status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(said.encode())

            def log_message(self, *args):
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def says(self, status=200, **answer):
        self.status, self.answer = status, answer


@pytest.fixture
def vies(settings):
    double = Double()
    double.says(valid=True, name="SCHULE GMBH", address="HAUPTSTR. 1\n10115 BERLIN", requestIdentifier="WAPIAAAA")
    settings.VAT_REGISTER = {"name": "vies", "url": double.url, "requester": "ATU12345675"}
    yield double
    double.server.shutdown()
    double.server.server_close()


class TestForm:
    @pytest.mark.parametrize(
        ("country", "number"),
        [
            ("AT", "ATU13585627"),
            ("BE", "BE0428759497"),
            ("DE", "DE136695976"),
            ("DK", "DK13585628"),
            ("FI", "FI20774740"),
            ("FR", "FR40303265045"),
            ("GB", "GB980780684"),
            ("GR", "EL094259216"),
            ("IT", "IT00743110157"),
            ("LU", "LU15027442"),
            ("NL", "NL004495445B01"),
            ("PL", "PL8567346215"),
            ("PT", "PT501964843"),
            ("SE", "SE123456789701"),
            ("EG", "100200300"),
            ("SA", "300000000000003"),
        ],
    )
    def test_numbers_as_their_countries_give_them_are_plausible(self, country, number):
        assert normal(country, f" {number[:4]} {number[4:]}. ") == number
        assert is_plausible(country, number)

    @pytest.mark.parametrize("country", ["AT", "BE", "DE", "DK", "FI", "FR", "GB", "IT", "LU", "NL", "PL", "PT", "SE"])
    def test_one_figure_wrong_is_noticed(self, country):
        good = {
            "AT": "ATU13585627",
            "BE": "BE0428759497",
            "DE": "DE136695976",
            "DK": "DK13585628",
            "FI": "FI20774740",
            "FR": "FR40303265045",
            "GB": "GB980780684",
            "IT": "IT00743110157",
            "LU": "LU15027442",
            "NL": "NL004495445B01",
            "PL": "PL8567346215",
            "PT": "PT501964843",
            "SE": "SE123456789701",
        }[country]
        place = 6
        wrong = good[:place] + str((int(good[place]) + 1) % 10) + good[place + 1 :]
        assert is_plausible(country, good)
        assert not is_plausible(country, wrong)

    def test_the_countrys_letters_are_added_where_they_belong(self):
        assert (normal("DE", "123 456.788"), normal("GR", "094259216")) == (GOOD, "EL094259216")
        assert normal("EG", "100-200-300") == "100200300"


class TestVies:
    def test_is_asked_as_its_service_wants_and_its_proof_is_kept(self, vies):
        assert register().look_up("DE", GOOD) == RegisterAnswer(
            True, "SCHULE GMBH", "HAUPTSTR. 1 10115 BERLIN", "WAPIAAAA"
        )
        asked = {"countryCode": "DE", "vatNumber": "123456788"}
        asked |= {"requesterMemberStateCode": "AT", "requesterNumber": "U12345675"}
        assert vies.asked == [("/check-vat-number", asked)]

    def test_greece_is_asked_about_by_its_own_letters(self, vies):
        register().look_up("GR", "EL094259216")
        assert vies.asked[0][1]["countryCode"] == "EL"

    def test_names_that_a_country_does_not_tell_stay_empty(self, vies):
        vies.says(valid=True, name="---", address="---")
        assert register().look_up("DE", GOOD).name == ""

    @pytest.mark.parametrize(
        ("status", "answer"),
        [
            (500, {"actionSucceed": False, "errorWrappers": [{"error": "MS_UNAVAILABLE"}]}),
            (200, {"actionSucceed": False, "errorWrappers": [{"error": "MS_MAX_CONCURRENT_REQ"}]}),
            (200, {"userError": "SERVICE_UNAVAILABLE"}),
            (200, {}),
        ],
    )
    def test_that_it_cannot_say_now_is_no_answer(self, vies, status, answer):
        vies.says(status, **answer)
        with pytest.raises(RegisterAway):
            register().look_up("DE", GOOD)

    def test_nor_is_silence(self):
        with pytest.raises(RegisterAway):
            Vies("http://127.0.0.1:9").look_up("DE", GOOD)

    def test_a_number_it_finds_malformed_is_not_known(self, vies):
        vies.says(400, actionSucceed=False, errorWrappers=[{"error": "INVALID_INPUT"}])
        assert register().look_up("DE", GOOD) == RegisterAnswer(known=False)


@pytest.fixture
def abroad(monkeypatch):
    rules = dataclasses.replace(policies(), reverse_charge=("DE", "SA"))
    monkeypatch.setattr("majlis.engines.billing.services.pricing.policies", lambda: rules)


@pytest.mark.django_db
@pytest.mark.usefixtures("abroad")
class TestChecked:
    @pytest.fixture
    def school(self):
        load_base_catalogue()
        return testing.person("Schule", country="DE")

    def save(self, person, number=GOOD, country="DE", **more):
        return services.save_billing_details(
            person=person, name="Schule GmbH", country=country, business=True, tax_number=number, **more
        )

    def vat(self, person):
        return order(person, draft(11_900, testing.person())).tax

    def test_without_a_register_the_form_is_enough(self, school):
        details = self.save(school)
        assert (details.tax_check, details.tax_check_source) == ("plausible", "")
        assert self.vat(school) == usd(0)

    def test_reverse_charge_waits_for_the_register(self, school, vies):
        assert self.save(school).tax_check == "asked"
        assert self.vat(school) == usd(1_900)
        run_due_jobs()
        known = BillingDetails.objects.get()
        assert (known.tax_check, known.tax_check_source, known.tax_check_name) == ("confirmed", "vies", "SCHULE GMBH")
        assert (known.tax_check_ref, known.tax_checked_at <= clock.now()) == ("WAPIAAAA", True)
        assert self.vat(school) == usd(0)

    def test_a_number_it_does_not_know_pays_vat_and_is_told(self, school, vies):
        vies.says(valid=False, name="---", address="---")
        self.save(school)
        run_due_jobs()
        assert BillingDetails.objects.get().tax_check == "unknown"
        assert self.vat(school) == usd(1_900)
        assert notices.notices_of(school, None).items[0].kind == "tax_number_unknown"

    def test_a_register_that_is_away_is_asked_again(self, school, vies):
        vies.says(500, actionSucceed=False, errorWrappers=[{"error": "MS_UNAVAILABLE"}])
        details = self.save(school)
        with pytest.raises(RegisterAway):
            services.check_tax_number(details.id, GOOD)
        assert services.ask_waiting_registers() == 0
        with clock.travel(by=timedelta(hours=2)):
            assert services.ask_waiting_registers() == 1
            assert services.ask_waiting_registers() == 0
        vies.says(valid=True)
        services.check_tax_number(details.id, GOOD)
        assert BillingDetails.objects.get().tax_check == "confirmed"

    def test_an_answer_about_an_older_number_changes_nothing(self, school, vies):
        details = self.save(school)
        self.save(school, "DE136695976")
        assert services.check_tax_number(details.id, GOOD) == ""
        assert BillingDetails.objects.get().tax_check == "asked"

    def test_another_address_does_not_ask_anew(self, school, vies):
        self.save(school)
        run_due_jobs()
        details = self.save(school, address="Berlin")
        assert (details.tax_check, len(vies.asked)) == ("confirmed", 1)

    def test_a_country_it_does_not_cover_is_only_looked_at(self, school, vies):
        assert self.save(school, "300000000000003", "SA").tax_check == "plausible"
        assert vies.asked == []

    def test_the_office_asks_again(self, school, vies):
        vies.says(valid=False)
        details = self.save(school)
        run_due_jobs()
        boss = testing.person(roles=["support"])
        vies.says(valid=True)
        services.check_tax_number_again(details_id=details.id, actor=boss)
        run_due_jobs()
        assert BillingDetails.objects.get().tax_check == "confirmed"

    def test_there_must_be_something_to_ask(self, school):
        details = self.save(school)
        with pytest.raises(services.NothingToCheck):
            services.check_tax_number_again(details_id=details.id, actor=testing.person(roles=["support"]))
