"""How the money of a line is divided. Pure arithmetic: nothing is rounded away, every cent goes somewhere."""

from majlis.engines.billing.types import Commission, Split
from majlis.kit.money import Money


def split(
    *,
    price: Money,
    net: Money,
    tax: Money,
    fee: Money,
    commission: Commission,
    buyer: Money,
    seller: Money,
    house: bool,
    subsidy: Money | None = None,
) -> Split:
    """Divide `net + tax + fee + subsidy`, where `buyer` and `seller` are their shares of the list price `price`.

    The buyer gets back that share of the net price, its VAT and the buyer's fee. The seller gets their share of the net
    price less the commission. What neither gets is the house's; VAT that is not given back stays VAT. With `house` the
    house itself is the seller. `subsidy` is what the house added for a coupon: the seller earns of it too, and the
    buyer's share of it goes back to the house.
    """
    added = subsidy or Money(0, price.unit)
    if buyer.amount < 0 or seller.amount < 0 or buyer.amount + seller.amount > price.amount:
        raise ValueError(f"{buyer} and {seller} are no shares of {price}.")
    if price.amount == 0:
        nothing = Money(0, price.unit)
        return Split(nothing, nothing, net + fee + added, tax, nothing, nothing, nothing)
    # The gross amount is rounded first, so that a refund of 33.33 of a price with VAT in it is 33.33.
    tax_back = tax.prorate(buyer.amount, price.amount)
    net_back = (net + tax).prorate(buyer.amount, price.amount) - tax_back
    fee_back = fee.prorate(buyer.amount, price.amount)
    added_back = added.prorate(buyer.amount, price.amount)
    left = net - net_back + added - added_back
    if buyer.amount + seller.amount == price.amount:
        earned = left
    else:
        share = (net + added).prorate(seller.amount, price.amount)
        earned = share if share < left else left
    kept = commission.of(earned)
    paid_out = Money(0, price.unit) if house else earned - kept
    return Split(
        buyer=net_back + tax_back + fee_back,
        seller=paid_out,
        fees=left - paid_out + (fee - fee_back),
        tax=tax - tax_back,
        commission=Money(0, price.unit) if house else kept,
        buyer_tax=tax_back,
        coupons=added_back,
    )


def between(amount: Money, price: Money, start: int, end: int) -> Money:
    """The part of `amount` that belongs to the shares `start` to `end` of `price`. Shares that follow each other add up
    exactly, whatever was rounded."""
    if price.amount == 0:
        return amount
    return amount.prorate(end, price.amount) - amount.prorate(start, price.amount)
