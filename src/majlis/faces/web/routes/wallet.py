"""The addresses of a person's own money."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from majlis.faces.web import navigation
from majlis.faces.web.navigation import Place
from majlis.faces.web.views import wallet

urlpatterns = [
    path("wallet/", wallet.show, name="wallet"),
    path("wallet/statement.csv", wallet.export, name="wallet_export"),
    path("wallet/about/", wallet.about, name="wallet_about"),
]

navigation.entry("wallet", _("Wallet"), icon="wallet", route="wallet", who="member", order=40, places=(Place.ACCOUNT,))
