"""A package with a coupon from the cart, a lesson out of it, the rest given back; a gift; a file for the bank."""

import pytest
from tests.journeys.conftest import look

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import GiftCode, PayoutBatch, WithdrawalMethod
from majlis.engines.billing.tests.factories import give, usd, wallet
from majlis.engines.experts import queries as experts
from majlis.kernel.accounts import services as accounts
from majlis.kernel.accounts.types import Role
from majlis.kit import testing
from majlis.kit.money import Money
from majlis.products.lessons import services as lessons
from majlis.products.lessons.models import PackagePurchase
from majlis.products.lessons.tests.factories import soon, student, teacher


@pytest.mark.journey
@pytest.mark.django_db(transaction=True)
class TestSelling:
    @pytest.mark.parametrize(("language", "width", "dark"), [("en", 1280, False), ("ar", 360, True)])
    def test_a_package_bought_from_the_cart_used_and_given_back(self, page_of, language, width, dark):
        salma = teacher()
        nadia = student(money=30_000, country="XX", language=language)
        lessons.offer_package(actor=salma, sessions=4, minutes=60, price=Money(100_000, "EGP"), valid_days=90)
        services.add_coupon(actor=None, code="SPRING", discounts=[("", 2_000)])
        slug, tag = experts.expert(salma.id).slug, f"{language}-{width}"
        page = page_of(nadia, language=language, width=width, dark=dark)

        page.goto(f"/teachers/{slug}/")
        look(page, f"profile-{tag}")
        page.click("#packages form button")
        page.wait_for_url("**/cart/")
        page.fill("[name=code]", "NOSUCH")
        page.click("form.coupon button")
        page.wait_for_selector("form.coupon [role=alert]")
        page.fill("[name=code]", "spring")
        page.click("form.coupon button")
        page.wait_for_url("**/cart/")
        look(page, f"cart-{tag}")
        page.click("form[action='/cart/order/'] button[type=submit]")
        page.wait_for_url("**/checkout/**")
        look(page, f"checkout-{tag}")

        # EGP 300 from the wallet, the rest through the gateway.
        page.check("[name=use_wallet]")
        page.check("[name=gateway][value=sandbox]")
        page.click("form[data-once] button[type=submit]")
        page.wait_for_url("**/sandbox/**")
        page.click("[value=pay]")
        page.wait_for_url("**/packages/**")
        purchase = PackagePurchase.objects.get()
        assert queries.payments_of(queries.line(purchase.line_id).order)[0].money == Money(50_000, "EGP")
        look(page, f"package-{tag}")

        subject = experts.expert(salma.id).subjects.first()
        wish = f"package={purchase.id}&minutes=60&subject={subject.subject_id}&level={subject.level_id or ''}"
        page.goto(f"/teachers/{slug}/book/?{wish}&starts_at={soon().isoformat().replace('+', '%2B')}")
        look(page, f"book-{tag}")
        page.click("#booking button[type=submit]")
        page.wait_for_url("**/lessons/**")
        assert purchase.lessons.count() == 1

        page.goto(f"/packages/{purchase.id}/")
        page.click("section.card details summary")
        page.click("form[action$='/refund/'] button")
        page.wait_for_url(f"**/packages/{purchase.id}/")
        assert wallet(nadia, "EGP") == 60_000

    @pytest.mark.parametrize(("language", "width", "dark"), [("en", 360, False), ("ar", 1280, False)])
    def test_a_gift_bought_and_redeemed(self, page_of, language, width, dark):
        nadia = testing.person("Nadia Rahman", country="XX", currency="USD", language=language)
        omar = testing.person("Omar Adel", language=language)
        give(nadia, 10_000)
        page = page_of(nadia, language=language, width=width, dark=dark)
        page.goto("/gifts/new/")
        page.fill("[name=amount]", "50")
        page.select_option("[name=currency]", "USD")
        page.fill("[name=to_name]", "Omar")
        page.fill("[name=message]", "Enjoy your lessons!")
        look(page, f"gift-new-{language}-{width}")
        page.click("form.card button[type=submit]")
        page.wait_for_url("**/cart/")
        page.click("form[action='/cart/order/'] button[type=submit]")
        page.wait_for_url("**/checkout/**")
        page.check("[name=gateway][value=wallet]")
        page.click("form[data-once] button[type=submit]")
        page.wait_for_url("**/gifts/**")
        look(page, f"gift-{language}-{width}")
        code = queries.code_of(GiftCode.objects.get())
        assert code in page.content()

        other = page_of(omar, language=language, width=width, dark=dark)
        other.goto("/gifts/redeem/")
        look(other, f"redeem-{language}-{width}")
        other.fill("[name=code]", code.lower())
        other.click("form.card button[type=submit]")
        other.wait_for_url("**/gifts/**")
        assert wallet(omar) == 5_000

    def test_withdrawals_go_to_the_bank_in_one_file(self, page_of):
        services.load_withdrawal_methods()
        method = WithdrawalMethod.objects.get(code="paypal")
        finance, seller = testing.person("Fatma Finance"), testing.person("Omar Farouk")
        accounts.grant_role(actor=None, person=finance, role=Role.FINANCE)
        give(seller, 10_000)
        asked = services.request_withdrawal(
            person=seller,
            amount=usd(10_000),
            method_id=method.id,
            destination={"email": "omar@example.org"},
            key="a",
            actor=seller,
        )
        services.approve_withdrawal(withdrawal_id=asked.id, actor=finance)
        finance.refresh_from_db()
        page = page_of(finance)
        page.goto(f"/office/billing/withdrawalmethod/{method.id}/act/export/")
        page.click("button.office-button[type=submit]")
        page.wait_for_url(f"**/withdrawalmethod/{method.id}/change/")
        batch = PayoutBatch.objects.get()
        page.goto(f"/office/billing/payoutbatch/{batch.id}/change/")
        with page.expect_download() as download:
            page.click("a[download]")
        assert download.value.path().read_bytes().decode() == batch.content
        page.goto(f"/office/billing/payoutbatch/{batch.id}/act/paid/")
        page.fill("[name=transfer_ref]", "BANK-7")
        page.click("button.office-button[type=submit]")
        page.wait_for_url(f"**/payoutbatch/{batch.id}/change/")
        assert queries.withdrawal(asked.id, seller).status == "paid"
