"""The outside world of accounts: who delivers a text message."""

from majlis.kernel.accounts.gateways.base import TextGateway, TextRefused, gateway

__all__ = ["TextGateway", "TextRefused", "gateway"]
