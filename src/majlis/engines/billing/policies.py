"""What the edition says about money: `[policies.billing]` of its TOML file.

commission_basis_points = 2000      # what the house keeps of a seller's net price
commission_fixed = 0                # and this once per line, minor units of the edition's currency
trial_commission_basis_points = 10000  # of a trial lesson, if it differs: the house keeps all of it
buyer_fee_basis_points = 0          # what the buyer pays on top, of the list price
prices_include_vat = true
vat_exempt = { EG = ["lesson"] }    # kinds of product a country does not tax
reverse_charge = ["DE", "SA"]         # where a business with a tax number accounts for the VAT itself; "*": everywhere
seller_of_record = "house"          # or "seller": who issues the invoice
seller_name, seller_address, seller_tax_number, seller_email   # the house, as invoices print it
gateways = ["sandbox", "manual"]
order_minutes = 30                  # how long the checkout keeps an order nobody gave an end
gift_days = 365                     # how long a gift code can be redeemed
transfer_days = 3                   # how long a bank transfer may take
reserve_basis_points = 0            # of each earning, what stays in the seller's wallet as a reserve, not to be spent
reserve_days = 0                    # for so long
coin_lock_minutes = 20              # how long the rate of a coin holds for a buyer
coin_rate_hours = 24                # an older rate is not sold at
[policies.billing.coin_confirmations] # network → [[up to US cents, blocks], …, [0, blocks]]; 0: no bound
[policies.billing.vat_basis_points] # per country of the buyer; absent: none
[policies.billing.top_up]           # currency → [least, most], minor units
[policies.billing.bank.EGP]         # where transfers in this currency go, label → value
"""

from dataclasses import dataclass, field
from functools import lru_cache

from majlis.kit.edition import edition


@dataclass(frozen=True)
class BillingPolicies:
    """The edition's numbers, with what holds where it says nothing."""

    commission_basis_points: int = 1500
    commission_fixed: int = 0
    trial_commission_basis_points: int | None = None
    buyer_fee_basis_points: int = 0
    prices_include_vat: bool = True
    vat_basis_points: dict[str, int] = field(default_factory=dict)
    vat_exempt: dict[str, list[str]] = field(default_factory=dict)
    reverse_charge: tuple[str, ...] = ()
    seller_of_record: str = "house"
    gateways: tuple[str, ...] = ("sandbox", "manual")
    top_up: dict[str, list[int]] = field(default_factory=dict)
    order_minutes: int = 30
    transfer_days: int = 3
    gift_days: int = 365
    reserve_basis_points: int = 0
    reserve_days: int = 0
    coin_lock_minutes: int = 20
    coin_rate_hours: int = 24
    coin_confirmations: dict[str, list[list[int]]] = field(default_factory=dict)
    seller_name: str = ""
    seller_address: str = ""
    seller_tax_number: str = ""
    seller_email: str = ""
    bank: dict[str, dict[str, str]] = field(default_factory=dict)

    def vat_of(self, country: str, kind: str) -> int:
        """Basis points of VAT on this kind of product for a buyer in `country`."""
        return 0 if kind in self.vat_exempt.get(country, ()) else self.vat_basis_points.get(country, 0)


@lru_cache
def _read(code: str) -> BillingPolicies:
    said = dict(edition().policies.get("billing", {}))
    for name in ("gateways", "reverse_charge"):
        if name in said:
            said[name] = tuple(said[name])
    return BillingPolicies(**said)


def policies() -> BillingPolicies:
    """The billing policies of the edition this process runs."""
    return _read(edition().code)
