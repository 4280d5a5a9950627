"""The addresses of what is bought and what it costs."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import queries
from majlis.faces.web import navigation
from majlis.faces.web.navigation import Place
from majlis.faces.web.views import (
    billing_invoices,
    billing_orders,
    billing_sandbox,
    billing_wallet,
    cart,
    checkout,
    gifts,
    handing_over,
    packages,
)

urlpatterns = [
    path("checkout/<uuid:order_id>/", checkout.show, name="checkout"),
    path("checkout/<uuid:order_id>/pay/", checkout.pay, name="checkout_pay"),
    path("checkout/<uuid:order_id>/return/", checkout.come_back, name="checkout_return"),
    path("checkout/<uuid:order_id>/coupon/", checkout.coupon, name="checkout_coupon"),
    path("cart/", cart.show, name="cart"),
    path("cart/add/", cart.add, name="cart_add"),
    path("cart/coupon/", cart.coupon, name="cart_coupon"),
    path("cart/order/", cart.order, name="cart_order"),
    path("cart/<uuid:item_id>/remove/", cart.remove, name="cart_remove"),
    path("checkout/<uuid:order_id>/cancel/", checkout.cancel, name="checkout_cancel"),
    path("payments/<uuid:payment_id>/continue/", handing_over.go_on, name="payment_continue"),
    path("gifts/new/", gifts.new, name="gift_new"),
    path("gifts/redeem/", gifts.redeem, name="gift_redeem"),
    path("gifts/<uuid:gift_id>/", gifts.show, name="gift"),
    path("gifts/<uuid:gift_id>/card.pdf", gifts.card, name="gift_card"),
    path("packages/", packages.bought, name="packages"),
    path("packages/<uuid:purchase_id>/", packages.purchase, name="package"),
    path("packages/<uuid:purchase_id>/refund/", packages.refund, name="package_refund"),
    path("packages/offered/", packages.offered, name="packages_offered"),
    path("packages/offered/<uuid:package_id>/end/", packages.end, name="package_end"),
    path("payments/<uuid:payment_id>/receipt/", checkout.receipt, name="payment_receipt"),
    path("payments/<uuid:payment_id>/rate/", checkout.new_rate, name="payment_rate"),
    path("payments/<uuid:payment_id>/", checkout.payment, name="payment"),
    path("sandbox/<str:ref>/", billing_sandbox.show, name="sandbox_payment"),
    path("orders/", billing_orders.orders, name="orders"),
    path("orders/<uuid:order_id>/", billing_orders.order, name="order"),
    path("invoices/", billing_invoices.invoices, name="invoices"),
    path("invoices/details/", billing_invoices.details, name="invoice_details"),
    path("invoices/<uuid:invoice_id>/link/", billing_invoices.link, name="invoice_link"),
    path("invoices/<uuid:invoice_id>.pdf", billing_invoices.pdf, name="invoice_pdf"),
    path("invoices/open/<str:token>/", billing_invoices.shared, name="invoice_shared"),
    path("wallet/top-up/", billing_wallet.top_up, name="top_up"),
    path("wallet/top-up/return/", billing_wallet.top_up_return, name="top_up_return"),
    path("wallet/withdrawals/", billing_wallet.withdrawals, name="withdrawals"),
    path("wallet/withdrawals/new/", billing_wallet.new_withdrawal, name="new_withdrawal"),
    path("wallet/withdrawals/<uuid:withdrawal_id>/", billing_wallet.withdrawal, name="withdrawal"),
    path("wallet/withdrawals/<uuid:withdrawal_id>/change/", billing_wallet.change_withdrawal, name="withdrawal_change"),
    path("wallet/withdrawals/<uuid:withdrawal_id>/cancel/", billing_wallet.cancel_withdrawal, name="withdrawal_cancel"),
]

navigation.entry(
    "cart",
    _("Cart"),
    icon="clipboard-list",
    route="cart",
    who="member",
    order=41,
    places=(Place.ACCOUNT,),
    count=queries.items_in_cart,
)
navigation.entry(
    "packages", _("Packages"), icon="library", route="packages", who="member", order=42, places=(Place.ACCOUNT,)
)
navigation.entry("orders", _("Orders"), icon="receipt", route="orders", who="member", order=60)
navigation.entry("invoices", _("Invoices"), icon="file-text", route="invoices", who="member", order=61)
