"""Addresses out of an extended public key (BIP 32): one per invoice, never used twice, without any private key here.

BIP 84 for Bitcoin and Litecoin, BIP 44 for Ethereum and Tron; the operator's wallet made the key of the *account*
(`m/84'/0'/0'`, `m/84'/2'/0'`, `m/44'/60'/0'`, `m/44'/195'/0'`) and finds the coins under its receiving
chain, `0/index`.
"""

import base58
import bech32
from bip32 import BIP32
from coincurve import PublicKey
from Crypto.Hash import RIPEMD160, SHA256, keccak

XPUB = bytes.fromhex("0488b21e")
"""The version that BIP 32 gives a public key. Wallets write others (`zpub`, `Ltub`, `ttub`) for the same content."""
TRON = b"\x41"


def public_key(xpub: str, index: int) -> bytes:
    """The compressed public key `0/index` under the account's extended key. `ValueError` for what is no such key."""
    raw = base58.b58decode_check(xpub)
    account = BIP32.from_xpub(base58.b58encode_check(XPUB + raw[4:]).decode())
    return bytes(account.get_pubkey_from_path([0, index]))


def segwit_address(key: bytes, prefix: str) -> str:
    """The native segwit address of a compressed public key (BIP 173): `bc1q…`, `ltc1q…`."""
    program = RIPEMD160.new(SHA256.new(key).digest()).digest()
    return str(bech32.encode(prefix, 0, program))


def evm_address_of(key: bytes) -> bytes:
    """The 20 bytes that Ethereum and Tron call an address: the end of the Keccak of the uncompressed key."""
    return _keccak(PublicKey(key).format(compressed=False)[1:])[-20:]


def evm_address(raw: bytes) -> str:
    """20 bytes as Ethereum writes them, with the checksum of EIP-55 in the letters' case."""
    plain = raw.hex()
    check = _keccak(plain.encode()).hex()
    return "0x" + "".join(c.upper() if int(n, 16) >= 8 else c for c, n in zip(plain, check, strict=False))


def tron_address(raw: bytes) -> str:
    """20 bytes as Tron writes them: base58 with a checksum, `T…`."""
    return base58.b58encode_check(TRON + raw).decode()


def evm_bytes(address: str) -> bytes:
    """The 20 bytes of an address in either writing. `ValueError` for what is none."""
    raw = bytes.fromhex(address[2:]) if address.startswith("0x") else base58.b58decode_check(address)[1:]
    if len(raw) != 20:
        raise ValueError(f"{address} is not an address.")
    return raw


def _keccak(data: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=data).digest()
