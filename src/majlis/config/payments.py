"""Whose keys take money: one entry per payment provider, from the environment alone. docs/howto/take-money.md says
where each comes from. What is here is never written anywhere: not into the database, not on a page, not into a log."""

from majlis.config.environment import text

NAMES = {
    "stripe": ("secret_key", "webhook_secret"),
    "paypal": ("client_id", "client_secret", "webhook_id", "mode"),
    "midtrans": ("server_key", "mode"),
    "xendit": ("secret_key", "callback_token"),
    "fawry": ("merchant_code", "security_key", "mode"),
    "paymob": ("secret_key", "public_key", "hmac_secret", "integration_ids", "currency"),
}
"""What each provider may be given: `MAJLIS_STRIPE_SECRET_KEY`, and so on; `MAJLIS_…_URL` for its address."""

PAYMENTS: dict[str, dict[str, str]] = {
    provider: {name: text(f"MAJLIS_{provider}_{name}".upper(), "").strip() for name in (*names, "url")}
    for provider, names in NAMES.items()
}

VAT_REGISTER = {
    name: text(f"MAJLIS_VAT_REGISTER{suffix}", "").strip()
    for name, suffix in (("name", ""), ("url", "_URL"), ("requester", "_REQUESTER"))
}
"""Which register is asked about the VAT numbers of businesses (`vies`), where it stands if not at its own address, and
in whose name it is asked (the house's own number, `DE123456788`)."""

OPEN = frozenset(
    {"mode", "url", "currency", "integration_ids", "client_id", "public_key", "merchant_code", "webhook_id"}
)
"""What may be seen; everything else is a secret."""


def secrets() -> list[str]:
    """Every secret this process was given, longest first, for the log to leave out."""
    found = {value for names in PAYMENTS.values() for name, value in names.items() if name not in OPEN and value}
    return sorted((part for value in found for part in value.split(",")), key=len, reverse=True)
