"""Money in, something bought, its invoice, and money out again."""

import io
from datetime import timedelta

import pypdf
import pytest
from PIL import Image
from tests.journeys.conftest import SHOTS, look

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import SandboxCharge
from majlis.engines.billing.tests.factories import draft, give, order
from majlis.kernel.accounts import services as accounts
from majlis.kernel.accounts.types import Role
from majlis.kit import clock, testing
from majlis.kit.jobs import run_due_jobs


@pytest.fixture
def finance(db):
    person = testing.person("Fatma Finance")
    accounts.grant_role(actor=None, person=person, role=Role.FINANCE)
    person.refresh_from_db()
    return person


@pytest.mark.journey
@pytest.mark.django_db(transaction=True)
class TestMoney:
    @pytest.mark.parametrize(
        ("language", "width", "dark"), [("en", 1280, False), ("ar", 360, False), ("fa", 360, True)]
    )
    def test_from_the_first_top_up_to_the_money_in_the_bank(self, page_of, finance, language, width, dark):
        services.load_withdrawal_methods()
        member = testing.person("سلمى حسن", country="EG", currency="USD", language=language)
        seller = testing.person("Omar Farouk")
        tag = f"{language}-{width}"
        page = page_of(member, language=language, width=width, dark=dark)

        # Top up through the sandbox.
        page.goto("/wallet/top-up/?currency=USD")
        page.fill("[name=amount]", "150")
        page.check("[name=gateway][value=sandbox]")
        look(page, f"topup-{tag}")
        page.click("form.card button[type=submit]")
        page.wait_for_url("**/sandbox/**")
        look(page, f"sandbox-{tag}")
        page.click("[value=pay]")
        page.wait_for_url("**/wallet/")
        assert queries.withdrawable(member, "USD").now.amount == 15_000

        # Buy something: part from the wallet does not arise, it pays all.
        words = {"words": ["Cancel until 24 hours before: everything back.", "Later: half of it back."]}
        bought = order(member, draft(11_400, seller, policy=words))
        page.goto(f"/checkout/{bought.id}/")
        look(page, f"checkout-{tag}")
        page.check("[name=gateway][value=wallet]")
        page.click("form[data-once] button[type=submit]")
        page.wait_for_url(f"**/orders/{bought.id}/")
        look(page, f"order-{tag}")
        # The way back leads nowhere twice.
        page.goto(f"/checkout/{bought.id}/")
        assert f"/orders/{bought.id}/" in page.url
        assert queries.withdrawable(member, "USD").now.amount == 3_600

        # The invoice, in the reader's language.
        page.goto("/invoices/")
        look(page, f"invoices-{tag}")
        link = page.get_attribute("a[href$='.pdf']", "href")
        answer = page.request.get(link)
        assert answer.headers["content-type"] == "application/pdf"
        text = pypdf.PdfReader(io.BytesIO(answer.body())).pages[0].extract_text()
        assert "000001" in text

        # Take the rest out.
        page.goto("/wallet/withdrawals/?currency=USD")
        look(page, f"withdrawals-{tag}")
        page.goto("/wallet/withdrawals/new/?currency=USD&method=iban")
        page.fill("[name=amount]", "36")
        page.fill("[name=holder]", "Salma Hassan")
        page.fill("[name=iban]", "no iban")
        page.fill("[name=bic]", "CIBEEGCX")
        page.click("form.card button[type=submit]")
        page.wait_for_selector(".field--wrong [name=iban]")
        look(page, f"withdraw-wrong-{tag}")
        page.fill("[name=iban]", "EG380019000500000000263180002")
        page.click("form.card button[type=submit]")
        page.wait_for_selector(".timeline")
        look(page, f"withdrawal-{tag}")
        (asked,) = queries.withdrawals_of(member).items

        # The office approves and pays.
        desk = page_of(finance, language=language)
        desk.goto(f"/office/billing/withdrawal/{asked.id}/change/")
        if SHOTS:
            desk.screenshot(path=f"{SHOTS}/office-{tag}.png", full_page=True)
        desk.click("a[href$='/act/approve/']")
        desk.click(".office-act button[type=submit]")
        desk.click("a[href$='/act/paid/']")
        desk.fill("[name=transfer_ref]", "CIB-77120")
        desk.click(".office-act button[type=submit]")
        desk.wait_for_url("**/change/")
        page.reload()
        assert "CIB-77120" in page.inner_text("main")
        assert queries.withdrawal(asked.id, member).status == "paid"

    def test_a_payment_that_takes_its_time_is_waited_for(self, page_of):
        member = testing.person("Salma Hassan")
        bought = order(member)
        page = page_of(member, width=360)
        page.goto(f"/checkout/{bought.id}/")
        page.check("[name=gateway][value=sandbox]")
        page.click("form[data-once] button[type=submit]")
        page.click("[value=later]")
        page.wait_for_selector("#outcome")
        look(page, "pending-en-360")
        # The money comes; the page finds it by looking again, before any webhook.
        SandboxCharge.objects.update(settles_at=clock.now() - timedelta(seconds=1))
        page.wait_for_url(f"**/orders/{bought.id}/", timeout=10_000)
        assert queries.order(bought.id, member).status == "paid"

    def test_a_declined_card_says_so_and_can_be_tried_again(self, page_of):
        member = testing.person("Salma Hassan")
        give(member, 4_000)
        bought = order(member)
        page = page_of(member, width=360, language="id")
        page.goto(f"/checkout/{bought.id}/")
        page.check("[name=use_wallet]")
        page.check("[name=gateway][value=sandbox]")
        look(page, "checkout-part-id-360")
        page.click("form[data-once] button[type=submit]")
        page.click("[value=fail]")
        page.wait_for_selector(".notice--bad")
        look(page, "checkout-failed-id-360")
        page.check("[name=use_wallet]")
        page.check("[name=gateway][value=sandbox]")
        page.click("form[data-once] button[type=submit]")
        page.click("[value=pay]")
        page.wait_for_url(f"**/orders/{bought.id}/")
        assert queries.withdrawable(member, "USD").now.amount == 0

    def test_a_bank_transfer_with_its_receipt(self, page_of, finance):
        member = testing.person("Salma Hassan")
        bought = order(member)
        page = page_of(member, width=360)
        page.goto(f"/checkout/{bought.id}/")
        page.check("[name=gateway][value=manual]")
        page.click("form[data-once] button[type=submit]")
        page.wait_for_selector(".facts")
        look(page, "transfer-en-360")
        picture = io.BytesIO()
        Image.new("RGB", (300, 200), "white").save(picture, "PNG")
        page.set_input_files("[name=receipt]", {"name": "r.png", "mimeType": "image/png", "buffer": picture.getvalue()})
        page.click("form[enctype] button[type=submit]")
        page.wait_for_selector("[enctype]", state="detached")
        desk = page_of(finance)
        desk.goto("/office/billing/transfer/?status__exact=submitted")
        desk.click("#result_list tbody th a")
        desk.click("a[href$='/act/confirm/']")
        desk.fill("[name=amount]", "100")
        desk.fill("[name=bank_ref]", "CIB-1")
        desk.click(".office-act button[type=submit]")
        desk.wait_for_url("**/change/")
        assert queries.order(bought.id, member).status == "paid"
        run_due_jobs()
