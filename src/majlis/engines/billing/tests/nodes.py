"""Real nodes for tests: Litecoin's in regtest mode (Debian `litecoind`; Bitcoin's RPC) and an Ethereum chain (npm
`@foundry-rs/anvil`). Each is started once, on free ports, and stopped at the end."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from bip32 import BIP32

from majlis.engines.billing import services
from majlis.engines.billing.gateways.chains.networks import NETWORKS
from majlis.engines.billing.gateways.chains.rpc import Node
from majlis.engines.billing.policies import BillingPolicies

ACCOUNT = BIP32.from_seed(b"sixteen bytes and some", network="test").get_xpub_from_path("m/84h/1h/0h")
"""The public key an operator's wallet would show."""


def operate(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator who takes every coin: two confirmations everywhere, one LTC is 80 dollars and one USDT one."""
    codes = tuple(NETWORKS)
    rules = BillingPolicies(gateways=codes, coin_confirmations={code: [[0, 2]] for code in codes})
    for module in ("services.coins", "services.coin_rates", "services.payments", "gateways"):
        monkeypatch.setattr(f"majlis.engines.billing.{module}.policies", lambda: rules)
    settings.COINS = {}
    rate({"LTC": "80", "USDT": "1"})


def rate(prices: dict[str, str], **moment: Any) -> None:
    services.record_coin_rates(
        prices={(asset, "USD"): Decimal(price) for asset, price in prices.items()},
        source="the operator",
        actor=None,
        **moment,
    )


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _answers(node: Node, method: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, "The node ended by itself."
        try:
            node.ask(method)
            return
        except Exception:
            time.sleep(0.1)
    raise AssertionError("The node does not answer.")


class Litecoin:
    """A regtest chain and its own wallet full of coins."""

    def __init__(self, url: str) -> None:
        self.url, self.node = url, Node(url)

    def mine(self, blocks: int = 1) -> list[str]:
        return list(self.node.ask("generatetoaddress", blocks, self.node.ask("getnewaddress")))

    def send(self, address: str, amount: str, **more: Any) -> str:
        return str(self.node.ask("sendtoaddress", address, amount, "", "", False, more.get("replaceable", False)))

    def rewrite(self, *hashes: str) -> None:
        """The blocks from the first of `hashes` on were never mined."""
        self.node.ask("invalidateblock", hashes[0])


@contextmanager
def litecoin(place: Path) -> Iterator[Litecoin]:
    program = shutil.which("litecoind")
    if program is None:
        pytest.skip("litecoind is not installed (apt-get install litecoind)")
    port = free_port()
    (place / "litecoin.conf").write_text(
        "regtest=1\nserver=1\nlisten=0\ntxindex=1\nfallbackfee=0.0002\nrpcuser=u\nrpcpassword=p\n"
        "mempoolreplacement=1\nwalletrbf=1\n"
        f"[regtest]\nrpcport={port}\nrpcbind=127.0.0.1\nrpcallowip=127.0.0.1\n"
    )
    process = subprocess.Popen(
        [program, f"-datadir={place}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=place
    )
    try:
        chain = Litecoin(f"http://u:p@127.0.0.1:{port}")
        _answers(chain.node, "getblockcount", process)
        chain.node.ask("createwallet", "tests")
        chain.mine(105)
        yield chain
    finally:
        process.kill()
        process.wait()


TOKEN = bytes.fromhex(
    # A token of one event: whoever calls it with 64 bytes (receiver, amount) makes it emit Transfer(caller, receiver,
    # amount). PUSH1 32 CALLDATALOAD, PUSH1 0 MSTORE, topics, LOG3; STOP.
    "602035600052"  # memory[0..32] = amount
    "600035"  # receiver
    "33"  # caller
    "7fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    "60206000a3"
    "00"
)


class Anvil:
    """An Ethereum chain with tokens on it."""

    def __init__(self, url: str) -> None:
        self.url, self.node = url, Node(url)
        self.payer = str(self.node.ask("eth_accounts")[0])

    def token(self, number: int) -> str:
        """Put a token at an address of our choosing; the address."""
        address = f"0x{number:040x}"
        self.node.ask("anvil_setCode", address, "0x" + TOKEN.hex())
        return address

    def send(self, token: str, to: str, amount: int) -> str:
        data = "0x" + to.removeprefix("0x").lower().rjust(64, "0") + f"{amount:064x}"
        call = {"from": self.payer, "to": token, "data": data, "gas": hex(100_000)}
        return str(self.node.ask("eth_sendTransaction", call))

    def mine(self, blocks: int = 1) -> None:
        self.node.ask("anvil_mine", hex(blocks))

    def rewrite(self, depth: int) -> None:
        """The last `depth` blocks are replaced by empty ones."""
        self.node.ask("anvil_reorg", depth, [])


@cache
def _anvil_program() -> str | None:
    named = os.environ.get("MAJLIS_ANVIL") or shutil.which("anvil")
    if named:
        return named
    place = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "majlis" / "anvil"
    found = place / "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
    if not found.exists() and shutil.which("npm"):
        place.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=0"]
        with suppress(subprocess.TimeoutExpired):  # no registry answers: the tests that need it say so and are skipped
            subprocess.run(
                [*install, "--prefix", str(place), "@foundry-rs/anvil-linux-amd64@1"],
                check=False,
                capture_output=True,
                timeout=60,
            )
    return str(found) if found.exists() else None


@contextmanager
def anvil() -> Iterator[Anvil]:
    program = _anvil_program()
    if program is None:
        pytest.skip("anvil cannot be had (npm install @foundry-rs/anvil-linux-amd64)")
    port = free_port()
    process = subprocess.Popen(
        [program, "--port", str(port), "--silent"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _answers(Node(f"http://127.0.0.1:{port}"), "eth_blockNumber", process)
        yield Anvil(f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait()
