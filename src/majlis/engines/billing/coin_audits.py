"""What `./majlis audit` proves of coins."""

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Sum

from majlis.engines.billing.coin_types import CoinPaymentStatus
from majlis.engines.billing.models import Charge, CoinPayment
from majlis.kernel.ledger import queries as ledger
from majlis.kernel.ledger.types import Purpose
from majlis.kit import audit


@audit.check("billing: coins that settled were exchanged once, as many as came and for what they say")
def coins_are_in_the_books() -> Iterator[str]:
    booked: dict[str, int] = defaultdict(int)
    for _subject, unit, _person, total in ledger.totals_about("billing.coinpayment:", Purpose.EXCHANGE):
        booked[unit] += total
    settled = CoinPayment.objects.filter(status=CoinPaymentStatus.SETTLED)
    due: dict[str, int] = defaultdict(int)
    for asset, coins in settled.values_list("asset").annotate(Sum("coin_amount")):
        due[asset] += int(coins)
    for unit, value in settled.values_list("invoice__unit").annotate(Sum("value")):
        due[unit] -= value
    for unit in sorted({*booked, *due}):
        if booked[unit] != due[unit]:
            yield f"The exchange account has {booked[unit]} {unit}; the coins that settled make it {due[unit]}."


@audit.check("billing: coins that settled are charges of their payment, and no others are")
def coins_are_charges() -> Iterator[str]:
    worth = {
        (coins.network, coins.ref): coins.value
        for coins in CoinPayment.objects.filter(status=CoinPaymentStatus.SETTLED, value__gt=0)
    }
    networks = CoinPayment.objects.values_list("network", flat=True).distinct()
    for charge in Charge.objects.filter(gateway__in=networks, undone__isnull=True).iterator():
        if worth.pop((charge.gateway, charge.ref), None) != charge.amount:
            yield f"Charge {charge} of {charge.amount} {charge.unit} is not what came on the chain."
    for (network, ref), value in worth.items():
        yield f"Coins {network} {ref} worth {value} were settled and never taken."
