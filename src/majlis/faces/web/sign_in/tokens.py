"""What allauth's headless API hands to an app that has signed in: the house's own token pair."""

from typing import Any

from allauth.core.internal.httpkit import get_client_ip
from allauth.headless.tokens.strategies.sessions import SessionTokenStrategy
from django.http import HttpRequest

from majlis.kernel.accounts import services
from majlis.kit.errors import Refusal


class HouseTokens(SessionTokenStrategy):
    """The sign-in itself runs on allauth's session token; its end is an access token and a rotating refresh token."""

    def create_access_token_payload(self, request: HttpRequest) -> dict[str, Any] | None:
        if not request.user.is_authenticated:
            return None
        pair = services.issue_tokens(
            person=request.user,
            device=request.headers.get("User-Agent", ""),
            ip=get_client_ip(request),
        )
        return {"access_token": pair.access, "refresh_token": pair.refresh, "expires_in": pair.expires_in}

    def refresh_token(self, refresh_token: str) -> tuple[str, str] | None:
        try:
            pair = services.rotate_refresh_token(refresh=refresh_token)
        except Refusal:
            return None
        return pair.access, pair.refresh
