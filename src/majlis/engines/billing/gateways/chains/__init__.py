"""The blockchains that bring coins: which of them this installation has, by code."""

from functools import lru_cache

from django.conf import settings

from majlis.engines.billing.gateways.chains.bitcoin import BitcoinChain
from majlis.engines.billing.gateways.chains.contract import Chain
from majlis.engines.billing.gateways.chains.evm import EvmChain
from majlis.engines.billing.gateways.chains.networks import NETWORKS, Network
from majlis.engines.billing.gateways.chains.rpc import Node


def configured() -> list[Network]:
    """The networks whose node and public key the operator has named."""
    return [network for code, network in NETWORKS.items() if code in settings.COINS]


def chain(network: Network) -> Chain:
    """The chain behind a configured network."""
    said = settings.COINS[network.code]
    return _chain(network, said["node"], said.get("tokens", ""))


@lru_cache(maxsize=8)
def _chain(network: Network, node: str, tokens: str) -> Chain:
    """One per node and process: it remembers which waiting transactions it has looked at."""
    if network.family == "bitcoin":
        return BitcoinChain(Node(node), network.asset)
    return EvmChain(Node(node), dict(pair.split("=") for pair in tokens.split(",") if pair), tron=network.tron)
