"""Tokens on Ethereum and on whatever answers Ethereum's JSON-RPC, such as Tron: their Transfer events.

Every transfer of the tokens is read and matched here, so one cursor covers all addresses and none is forgotten.
"""

from datetime import UTC, datetime
from typing import Any

from majlis.engines.billing.gateways.base import GatewayUnreachable
from majlis.engines.billing.gateways.chains.addresses import evm_address, evm_bytes, tron_address
from majlis.engines.billing.gateways.chains.contract import Block, CoinMoved
from majlis.engines.billing.gateways.chains.rpc import Node

TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
"""keccak256 of `Transfer(address,address,uint256)`."""


class EvmChain:
    """One node and the tokens watched there: asset → contract."""

    step = 50

    def __init__(self, node: Node, tokens: dict[str, str], *, tron: bool) -> None:
        self._node = node
        self._assets = {"0x" + evm_bytes(contract).hex(): asset for asset, contract in tokens.items()}
        self._write = tron_address if tron else evm_address

    def tip(self) -> int:
        return int(self._node.ask("eth_blockNumber"), 16)

    def hash_at(self, height: int) -> str:
        block = self._node.ask("eth_getBlockByNumber", hex(height), False)
        return str(block["hash"]) if block else ""

    def blocks(self, first: int, last: int) -> list[Block]:
        heights = range(first, last + 1)
        heads = self._node.ask_many("eth_getBlockByNumber", [(hex(height), False) for height in heights])
        if any(head is None for head in heads):
            raise GatewayUnreachable()
        moves: dict[str, list[CoinMoved]] = {head["hash"]: [] for head in heads}
        for log in self._logs(first, last):
            if log["blockHash"] not in moves:
                raise GatewayUnreachable()  # the chain moved between the two questions: ask again
            moves[log["blockHash"]].append(self._move(log))
        return [
            Block(
                height,
                head["hash"],
                head["parentHash"],
                datetime.fromtimestamp(int(head["timestamp"], 16), UTC),
                tuple(moves[head["hash"]]),
            )
            for height, head in zip(heights, heads, strict=True)
        ]

    def _logs(self, first: int, last: int) -> list[dict[str, Any]]:
        found = self._node.ask(
            "eth_getLogs",
            {"fromBlock": hex(first), "toBlock": hex(last), "address": list(self._assets), "topics": [TRANSFER]},
        )
        # A token may emit an event of the same name with other indexes; that one is none of ours.
        return [log for log in found if len(log["topics"]) == 3 and not log.get("removed") and len(log["data"]) > 2]

    def _move(self, log: dict[str, Any]) -> CoinMoved:
        return CoinMoved(
            log["transactionHash"],
            int(log["logIndex"], 16),
            self._write(bytes.fromhex(log["topics"][2][-40:])),
            self._assets[log["address"].lower()],
            int(log["data"], 16),
        )

    def waiting(self) -> list[CoinMoved]:
        return []  # blocks come every few seconds: what waits is not worth a look

    def knows(self, txid: str) -> bool:
        return self._node.ask("eth_getTransactionByHash", txid) is not None
