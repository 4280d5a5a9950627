"""Pages of the cart, packages, gifts and the payout calendar."""

import pytest
from django.urls import reverse

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import GiftCode, Order
from majlis.engines.billing.tests.factories import give, wallet
from majlis.kit import testing
from majlis.products.lessons.models import Package, PackagePurchase
from majlis.products.lessons.tests.factories import soon, student, teacher

pytestmark = pytest.mark.django_db


@pytest.fixture
def salma():
    return teacher()


@pytest.fixture
def nadia():
    return student(country="XX")


@pytest.fixture
def shop(client, nadia):
    client.force_login(nadia)
    return client


def offered(client, salma):
    client.force_login(salma)
    answer = client.post(
        reverse("packages_offered"),
        {"subject": "", "sessions": "4", "minutes": "60", "price": "1000", "valid_days": "90"},
        follow=True,
    )
    assert answer.status_code == 200
    return Package.objects.get()


@pytest.mark.parametrize("language", ["en", "ar", "fa", "id"])
def test_every_page_opens_empty(shop, language):
    shop.cookies["language"] = language
    for name in ("cart", "packages", "gift_new", "gift_redeem", "wallet", "withdrawals"):
        assert shop.get(reverse(name)).status_code == 200, name


def test_a_package_with_a_coupon_bought_partly_from_the_wallet_used_and_given_back(client, salma, nadia):
    package = offered(client, salma)
    services.add_coupon(actor=None, code="SPRING", discounts=[("", 2_000)])
    client.force_login(nadia)
    slug = queries_slug(salma)
    page = client.get(reverse("expert", args=[slug])).content.decode()
    assert reverse("cart_add") in page
    client.post(reverse("cart_add"), {"kind": "package", "package": str(package.id)})
    refused = client.post(reverse("cart_coupon"), {"code": "NOSUCH"})
    assert refused.status_code == 422
    assert "NOSUCH" in refused.content.decode()
    client.post(reverse("cart_coupon"), {"code": "spring"})
    seen = queries.cart_of(nadia).version
    client.post(reverse("cart_order"), {"unit": "EGP", "version": seen})
    order = Order.objects.get()
    assert order.total_amount == 80_000
    assert "SPRING" in client.get(reverse("checkout", args=[order.id])).content.decode()
    client.post(reverse("checkout_pay", args=[order.id]), {"gateway": "wallet"})
    purchase = PackagePurchase.objects.get()
    assert client.get(reverse("package", args=[purchase.id])).status_code == 200
    book = reverse("book", args=[slug])
    subject = salma_subject(salma)
    wish = {
        "starts_at": soon().isoformat(),
        "subject": str(subject.subject_id),
        "level": subject.level_id or "",
        "minutes": "60",
        "mode": "online",
        "package": str(purchase.id),
        "key": "k",
        "weeks": "1",
    }
    assert client.post(book, wish).status_code == 302
    assert purchase.lessons.count() == 1
    before = wallet(nadia, "EGP")
    page = client.get(reverse("package", args=[purchase.id])).content.decode()
    assert 'name="shown" value="60000"' in page
    client.post(reverse("package_refund", args=[purchase.id]), {"shown": "60000"})
    assert wallet(nadia, "EGP") - before == 60_000
    assert client.get(reverse("packages")).status_code == 200


def queries_slug(salma):
    from majlis.engines.experts import queries as experts

    return experts.expert(salma.id).slug


def salma_subject(salma):
    from majlis.engines.experts import queries as experts

    return experts.expert(salma.id).subjects.first()


def test_a_coupon_on_the_checkout(client, salma, nadia):
    package = offered(client, salma)
    services.add_coupon(actor=None, code="SPRING", discounts=[("", 2_000)])
    client.force_login(nadia)
    client.post(reverse("cart_add"), {"kind": "package", "package": str(package.id)})
    client.post(reverse("cart_order"), {"unit": "EGP", "version": queries.cart_of(nadia).version})
    order = Order.objects.get()
    assert client.post(reverse("checkout_coupon", args=[order.id]), {"code": "WRONG"}).status_code == 422
    client.post(reverse("checkout_coupon", args=[order.id]), {"code": "spring"})
    assert Order.objects.get().total_amount == 80_000


def test_a_gift_bought_shown_printed_and_redeemed(shop, client, nadia):
    give(nadia, 10_000, "USD")
    wish = {"amount": "50", "currency": "USD", "to_name": "Omar", "to_email": "", "message": "Enjoy", "from_name": "N"}
    shop.post(reverse("gift_new"), wish)
    shop.post(reverse("cart_order"), {"unit": "USD", "version": queries.cart_of(nadia).version})
    order = Order.objects.get()
    shop.post(reverse("checkout_pay", args=[order.id]), {"gateway": "wallet"})
    gift = GiftCode.objects.get()
    code = queries.code_of(gift)
    assert code in shop.get(reverse("gift", args=[gift.id])).content.decode()
    assert shop.get(reverse("gift_card", args=[gift.id]))["Content-Type"] == "application/pdf"
    omar = testing.person("Omar Adel")
    client.force_login(omar)
    assert client.get(reverse("gift", args=[gift.id])).status_code == 404
    assert client.post(reverse("gift_redeem"), {"code": "AAAA-BBBB-CCCC-DDDD"}).status_code == 422
    client.post(reverse("gift_redeem"), {"code": code})
    assert wallet(omar) == 5_000
    assert client.get(reverse("gift", args=[gift.id])).status_code == 200


def test_anothers_package_is_not_found(client, salma, nadia):
    package = offered(client, salma)
    client.force_login(nadia)
    client.post(reverse("cart_add"), {"kind": "package", "package": str(package.id)})
    client.post(reverse("cart_order"), {"unit": "EGP", "version": queries.cart_of(nadia).version})
    order = Order.objects.get()
    client.post(reverse("checkout_pay", args=[order.id]), {"gateway": "wallet"})
    purchase = PackagePurchase.objects.get()
    client.force_login(student("Omar Adel"))
    assert client.get(reverse("package", args=[purchase.id])).status_code == 404
    assert client.post(reverse("package_refund", args=[purchase.id])).status_code == 404
