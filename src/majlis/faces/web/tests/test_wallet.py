"""The wallet page."""

import csv
import io

import pytest

from majlis.engines.billing.tests import factories
from majlis.kernel.ledger import services
from majlis.kernel.ledger.tests.factories import escrow, give, move, wallet
from majlis.kernel.ledger.types import Line
from majlis.kit import testing
from majlis.kit.ids import new_id
from majlis.kit.money import Money

pytestmark = pytest.mark.django_db


@pytest.fixture
def salma(client):
    person = testing.person(currency="EGP")
    client.force_login(person)
    return person


class TestWalletPage:
    def test_asks_visitors_to_sign_in(self, client):
        assert client.get("/wallet/").status_code == 302

    def test_says_what_to_do_when_nothing_has_moved(self, client, salma):
        page = client.get("/wallet/").content.decode()
        assert "Nothing has moved yet" in page

    def test_shows_balance_what_is_set_aside_and_every_line_with_its_reason(self, client, salma):
        give(salma, 100_000, subject=f"billing.payment:{new_id()}")
        move(wallet(salma), escrow(), 25_050, subject=f"billing.order:{new_id()}")
        services.hold(account=wallet(salma), amount=Money(10_000, "EGP"), key="h")
        page = client.get("/wallet/").content.decode()
        for text in ("649.50", "749.50", "1,000", "250.50", "You added money to your wallet.", "Open the order"):
            assert text in page, text

    def test_filters_by_kind_and_day(self, client, salma):
        give(salma, 100_000)
        move(wallet(salma), escrow(), 25_000)
        page = client.get("/wallet/?kind=wallet_payment").content.decode()
        assert "You paid from your wallet." in page
        assert "You added money" not in page
        assert "Nothing in this selection" in client.get("/wallet/?until=2001-01-01").content.decode()

    def test_leads_each_to_what_they_may_see(self, client, salma):
        buyer = testing.person("Omar Farouk", country="XX")
        bought = factories.order(buyer, factories.draft(10_000, salma))
        about = f"/wallet/about/?subject=billing.line:{bought.lines[0].id}"
        assert client.get(about).headers["Location"] == "/wallet/"
        client.force_login(buyer)
        assert client.get(about).headers["Location"] == f"/checkout/{bought.id}/"

    def test_shows_only_ones_own_lines(self, client, salma):
        other = testing.person()
        give(other, 7_770_013)
        assert "77,700.13" not in client.get("/wallet/").content.decode()

    def test_pages_through_a_long_statement(self, client, salma):
        for number in range(30):
            give(salma, 100 + number)
        first = client.get("/wallet/").content.decode()
        assert first.count("statement__line") == 25
        cursor = first.split("cursor=")[1].split('"')[0]
        assert client.get(f"/wallet/?unit=EGP&cursor={cursor}").content.decode().count("statement__line") == 5

    def test_answers_a_forged_cursor_with_a_refusal(self, client, salma):
        give(salma, 100)
        assert client.get("/wallet/?cursor=zzz").status_code == 422

    def test_saves_the_statement_as_csv_that_no_spreadsheet_runs(self, client, salma):
        give(salma, 100_000)
        services.post(
            key="odd",
            kind="adjustment",
            memo="=HYPERLINK(1)",
            lines=[
                Line(wallet(salma), Money(-5, "EGP")),
                Line(escrow(), Money(5, "EGP")),
            ],
        )
        answer = client.get("/wallet/statement.csv?unit=EGP")
        rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
        assert [(row["amount"], row["balance_after"]) for row in rows] == [("-0.05", "999.95"), ("1000.00", "1000.00")]
        assert rows[0]["memo"] == "'=HYPERLINK(1)"
        assert "attachment" in answer["Content-Disposition"]

    def test_leads_from_a_line_to_its_page(self, client, salma):
        order = new_id()
        assert client.get(f"/wallet/about/?subject=billing.order:{order}")["Location"] == f"/checkout/{order}/"
        assert client.get("/wallet/about/?subject=nothing:1").status_code == 404
        assert client.get("/wallet/about/?subject=billing.order:evil").status_code == 404


class TestWalletOverTheApi:
    def test_tells_balances_holds_and_entries(self, client, salma):
        give(salma, 100_000)
        services.hold(account=wallet(salma), amount=Money(10_000, "EGP"), key="h")
        (balance,) = client.get("/api/v1/wallet").json()
        assert (balance["unit"], balance["balance"]["amount"], balance["available"]["amount"]) == (
            "EGP",
            100_000,
            90_000,
        )
        (held,) = client.get("/api/v1/wallet/holds").json()
        assert held["amount"]["amount"] == 10_000
        page = client.get("/api/v1/wallet/EGP/entries").json()
        assert [(e["kind"], e["amount"]["amount"], e["sequence"]) for e in page["items"]] == [("top_up", 100_000, 1)]
        assert page["next"] is None

    def test_knows_no_unit_one_never_had(self, client, salma):
        assert client.get("/api/v1/wallet/USD/entries").status_code == 404

    def test_asks_who_is_there(self, client):
        assert client.get("/api/v1/wallet").status_code == 401


class TestBooksInTheOffice:
    @pytest.fixture
    def clerk(self, client, settings):
        settings.OFFICE_NEEDS_TWO_STEP = False
        person = testing.person("Finance", roles=["finance"])
        client.force_login(person)
        return person

    def test_shows_accounts_journals_entries_and_holds_to_finance(self, client, clerk):
        salma = testing.person()
        journal = give(salma, 123_400, subject="billing.payment:1")
        held = services.hold(account=wallet(salma), amount=Money(10_000, "EGP"), key="h")
        for address, text in (
            ("account/", "1,234"),
            (f"account/{wallet(salma).id}/change/", "1,234"),
            ("journal/", "1,234"),
            (f"journal/{journal.id}/change/", "The house"),
            ("entry/", "1,234"),
            ("hold/", "100"),
            (f"hold/{held.id}/change/", "100"),
        ):
            answer = client.get(f"/office/ledger/{address}")
            assert answer.status_code == 200, address
            assert text in answer.content.decode(), address

    def test_lets_nobody_change_them(self, client, clerk):
        journal = give(testing.person(), 100)
        assert client.get("/office/ledger/journal/add/").status_code == 403
        assert client.post(f"/office/ledger/journal/{journal.id}/delete/", {"post": "yes"}).status_code == 403

    def test_is_closed_to_other_staff(self, client, settings):
        settings.OFFICE_NEEDS_TWO_STEP = False
        client.force_login(testing.person("Moderator", roles=["moderator"]))
        assert client.get("/office/ledger/account/").status_code == 403
