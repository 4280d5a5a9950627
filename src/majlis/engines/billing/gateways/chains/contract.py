"""What billing asks of a blockchain. Each call speaks with a node, so none runs inside a transaction; each may raise
`GatewayUnreachable`, after which it is simply asked again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CoinMoved:
    """Coins that one output of a transaction, or one event of a token, brought to an address."""

    txid: str
    position: int
    """The output's or the event's number: with `txid` its name on the chain."""
    address: str
    asset: str
    amount: int
    """In the asset's minor units."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block, with every movement in it (of assets we know), whoever it is to."""

    height: int
    hash: str
    parent: str
    mined_at: datetime
    moves: tuple[CoinMoved, ...]


class Chain(Protocol):
    """One blockchain as its node sees it."""

    step: int
    """How many blocks may be asked for at once."""

    def tip(self) -> int:
        """Called first in each look: the height of the newest block."""
        ...

    def hash_at(self, height: int) -> str:
        """Called to see whether what we read still stands: the hash of the block at this height; `""` above the tip."""
        ...

    def blocks(self, first: int, last: int) -> list[Block]:
        """Called for what is new: the blocks from `first` to `last`, both included, none left out. Must not answer
        with less when the node is slow or throttles: it raises then."""
        ...

    def waiting(self) -> list[CoinMoved]:
        """Called in each look: movements in no block yet that were not answered before. May be empty where a chain
        shows none."""
        ...

    def knows(self, txid: str) -> bool:
        """Called for a transaction that is in no block (any more): whether the node still has it. False means it was
        replaced, or its coins were spent otherwise."""
        ...
