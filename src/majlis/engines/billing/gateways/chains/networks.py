"""The networks that can be switched on: how each writes addresses and amounts, and how sure is sure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.gateways.chains.addresses import (
    evm_address,
    evm_address_of,
    evm_bytes,
    public_key,
    segwit_address,
    tron_address,
)
from majlis.kit.money import Money

PREFIXES = {
    ("btc", "main"): "bc",
    ("btc", "test"): "tb",
    ("btc", "regtest"): "bcrt",
    ("ltc", "main"): "ltc",
    ("ltc", "test"): "tltc",
    ("ltc", "regtest"): "rltc",
}


@dataclass(frozen=True)
class Network:
    """One way coins travel."""

    code: str
    """Also the code of its gateway."""
    asset: str
    """What is asked for; other assets that arrive at the same address are taken all the same."""
    family: str
    """`bitcoin` or `evm`."""
    title: str
    """What wallets call the network."""
    name: Any
    summary: Any
    confirmations: tuple[tuple[int | None, int], ...]
    """`(up to, blocks)`: how many blocks, its own included, make a payment final, by its value in US cents. The last
    band has no bound. An edition may say otherwise (`policies.billing.coin_confirmations`)."""
    tron: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The environment variables that switch it on."""
        name = self.code.removeprefix("usdt_").upper()
        return (f"MAJLIS_{name}_NODE", f"MAJLIS_{name}_XPUB")

    @property
    def is_main(self) -> bool:
        """Whether the configured chain is the one whose coins are worth something."""
        said = settings.COINS[self.code]
        return said.get("chain", "main") == "main" and said.get("chain_id", "1") == "1"

    def address(self, index: int) -> str:
        """The address of the invoice number `index`."""
        said = settings.COINS[self.code]
        key = public_key(said["xpub"], index)
        if self.family == "bitcoin":
            return segwit_address(key, PREFIXES[self.code, said.get("chain", "main")])
        raw = evm_address_of(key)
        return tron_address(raw) if self.tron else evm_address(raw)

    def uri(self, address: str, amount: Money) -> str:
        """What a wallet opens with address and amount filled in (BIP 21, EIP-681; for Tron what its wallets read)."""
        if self.family == "bitcoin":
            return f"{'bitcoin' if self.asset == 'BTC' else 'litecoin'}:{address}?amount={plain(amount.decimal)}"
        said = settings.COINS[self.code]
        contract = dict(pair.split("=") for pair in said["tokens"].split(","))[self.asset]
        if self.tron:
            return f"tron:{address}?token={contract}&amount={plain(amount.decimal)}"
        token = evm_address(evm_bytes(contract))
        return f"ethereum:{token}@{said['chain_id']}/transfer?address={address}&uint256={amount.amount}"


def plain(amount: Decimal) -> str:
    """`0.0015`: no exponent, no zeros at the end."""
    written = f"{amount:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


NETWORKS = {
    network.code: network
    for network in (
        Network(
            "btc",
            "BTC",
            "bitcoin",
            "Bitcoin",
            _("Bitcoin"),
            _("Send from any Bitcoin wallet. It counts after one to six blocks, about ten minutes each."),
            ((50_000, 1), (500_000, 3), (None, 6)),
        ),
        Network(
            "ltc",
            "LTC",
            "bitcoin",
            "Litecoin",
            _("Litecoin"),
            _("Send from any Litecoin wallet. It counts after a few blocks, about three minutes each."),
            ((50_000, 2), (500_000, 6), (None, 12)),
        ),
        Network(
            "usdt_trc20",
            "USDT",
            "evm",
            "Tron (TRC20)",
            _("Tether on Tron (TRC20)"),
            _("Send USDT on the Tron network. It counts after about a minute."),
            ((None, 20),),
            tron=True,
        ),
        Network(
            "usdt_erc20",
            "USDT",
            "evm",
            "Ethereum (ERC20)",
            _("Tether on Ethereum (ERC20)"),
            _("Send USDT on the Ethereum network. It counts after about three minutes."),
            ((None, 12),),
        ),
    )
}
