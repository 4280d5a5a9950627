"""The register of VAT numbers this installation asks, if it asks any."""

from django.conf import settings

from majlis.engines.billing.gateways.vat.registers import RegisterAnswer, RegisterAway, VatRegister
from majlis.engines.billing.gateways.vat.vies import Vies

__all__ = ["RegisterAnswer", "RegisterAway", "VatRegister", "register"]


def register() -> VatRegister | None:
    """The one that `MAJLIS_VAT_REGISTER` names; None: numbers are looked at, and nobody is asked."""
    asked = settings.VAT_REGISTER
    if asked["name"] == Vies.code:
        return Vies(asked["url"], asked["requester"])
    return None
