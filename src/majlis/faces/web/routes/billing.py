"""The addresses of what is bought and what it costs."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from majlis.faces.web import navigation
from majlis.faces.web.views import (
    billing_invoices,
    billing_orders,
    billing_sandbox,
    billing_wallet,
    checkout,
    handing_over,
)

urlpatterns = [
    path("checkout/<uuid:order_id>/", checkout.show, name="checkout"),
    path("checkout/<uuid:order_id>/pay/", checkout.pay, name="checkout_pay"),
    path("checkout/<uuid:order_id>/return/", checkout.come_back, name="checkout_return"),
    path("checkout/<uuid:order_id>/cancel/", checkout.cancel, name="checkout_cancel"),
    path("payments/<uuid:payment_id>/continue/", handing_over.go_on, name="payment_continue"),
    path("payments/<uuid:payment_id>/receipt/", checkout.receipt, name="payment_receipt"),
    path("payments/<uuid:payment_id>/rate/", checkout.new_rate, name="payment_rate"),
    path("payments/<uuid:payment_id>/", checkout.payment, name="payment"),
    path("sandbox/<str:ref>/", billing_sandbox.show, name="sandbox_payment"),
    path("orders/", billing_orders.orders, name="orders"),
    path("orders/<uuid:order_id>/", billing_orders.order, name="order"),
    path("invoices/", billing_invoices.invoices, name="invoices"),
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

navigation.entry("orders", _("Orders"), icon="receipt", route="orders", who="member", order=60)
navigation.entry("invoices", _("Invoices"), icon="file-text", route="invoices", who="member", order=61)
