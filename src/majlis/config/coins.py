"""Which coins are taken: a node and an extended public key per network. No private key ever comes near Majlis.

A network is offered once both its variables are set (`MAJLIS_BTC_NODE`, `MAJLIS_BTC_XPUB`, …).
"""

from majlis.config.environment import text

USDT_TRC20 = "USDT=TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
USDT_ERC20 = "USDT=0xdAC17F958D2ee523a2206206994597C13D831ec7,USDC=0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"


def _network(name: str, **more: str) -> dict[str, str]:
    """The node's address (with user and password), the account's public key, and what else the network needs."""
    prefix = f"MAJLIS_{name}_"
    said = {"node": text(f"{prefix}NODE", ""), "xpub": text(f"{prefix}XPUB", "")}
    return said | {key: text(f"{prefix}{key.upper()}", default) for key, default in more.items()}


COINS = {
    code: said
    for code, said in {
        "btc": _network("BTC", chain="main"),
        "ltc": _network("LTC", chain="main"),
        "usdt_trc20": _network("TRC20", tokens=USDT_TRC20),
        "usdt_erc20": _network("ERC20", tokens=USDT_ERC20, chain_id="1"),
    }.items()
    if said["node"] and said["xpub"]
}

COIN_RATES_URL = text("MAJLIS_COIN_RATES_URL", "")
