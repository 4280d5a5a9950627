"""Bitcoin, and what speaks like it (Litecoin): a node's own RPC, without a wallet in it."""

from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from majlis.engines.billing.gateways.chains.contract import Block, CoinMoved
from majlis.engines.billing.gateways.chains.rpc import Node, NodeError
from majlis.kit.money import exponent

AT_ONCE = 100
"""Waiting transactions asked for in one request."""
PER_LOOK = 3000
"""Waiting transactions looked at in one go: those of a full pool are seen over a few looks."""
REMEMBERED = 400_000
UNKNOWN_BLOCK, UNKNOWN_TRANSACTION = -8, -5


class BitcoinChain:
    """One node."""

    step = 1

    def __init__(self, node: Node, asset: str) -> None:
        self._node, self._asset = node, asset
        self._seen: OrderedDict[str, None] = OrderedDict()

    def tip(self) -> int:
        return int(self._node.ask("getblockcount"))

    def hash_at(self, height: int) -> str:
        try:
            return str(self._node.ask("getblockhash", height))
        except NodeError as no:
            if no.code == UNKNOWN_BLOCK:
                return ""
            raise

    def blocks(self, first: int, last: int) -> list[Block]:
        found = []
        for height in range(first, last + 1):
            block = self._node.ask("getblock", self._node.ask("getblockhash", height), 2)
            moves = tuple(move for transaction in block["tx"] for move in self._moves(transaction))
            mined_at = datetime.fromtimestamp(int(block["time"]), UTC)
            found.append(Block(height, block["hash"], block.get("previousblockhash", ""), mined_at, moves))
        return found

    def waiting(self) -> list[CoinMoved]:
        fresh = [txid for txid in self._node.ask("getrawmempool") if txid not in self._seen][:PER_LOOK]
        moves: list[CoinMoved] = []
        for start in range(0, len(fresh), AT_ONCE):
            batch = fresh[start : start + AT_ONCE]
            for transaction in self._node.ask_many("getrawtransaction", [(txid, True) for txid in batch]):
                if transaction is not None:
                    moves += self._moves(transaction)
        self._remember(fresh)
        return moves

    def _remember(self, txids: list[str]) -> None:
        self._seen.update(dict.fromkeys(txids))
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)

    def knows(self, txid: str) -> bool:
        try:
            found = self._node.ask("getrawtransaction", txid, True)
        except NodeError as no:
            if no.code == UNKNOWN_TRANSACTION:
                return False
            raise
        # With an index of all transactions the node also tells of those in blocks it has left.
        return "blockhash" not in found or int(found.get("confirmations", 0)) > 0

    def _moves(self, transaction: dict[str, Any]) -> Iterator[CoinMoved]:
        for output in transaction["vout"]:
            script = output["scriptPubKey"]
            # Nodes before 22 list the addresses of a script; later ones name the one there is.
            addresses = [script["address"]] if "address" in script else script.get("addresses", [])
            amount = int(output["value"].scaleb(exponent(self._asset))) if addresses else 0
            if len(addresses) == 1 and amount:
                yield CoinMoved(transaction["txid"], int(output["n"]), addresses[0], self._asset, amount)
