"""The addresses of what is bought and what it costs."""

from django.urls import path

from majlis.faces.web.views import billing_sandbox, checkout

urlpatterns = [
    path("checkout/<uuid:order_id>/", checkout.show, name="checkout"),
    path("checkout/<uuid:order_id>/pay/", checkout.pay, name="checkout_pay"),
    path("checkout/<uuid:order_id>/return/", checkout.come_back, name="checkout_return"),
    path("checkout/<uuid:order_id>/cancel/", checkout.cancel, name="checkout_cancel"),
    path("payments/<uuid:payment_id>/receipt/", checkout.receipt, name="payment_receipt"),
    path("payments/<uuid:payment_id>/", checkout.payment, name="payment"),
    path("sandbox/<str:ref>/", billing_sandbox.show, name="sandbox_payment"),
]
