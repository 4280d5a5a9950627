"""Speaking JSON-RPC with a node."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from majlis.engines.billing.gateways.base import GatewayUnreachable

TIMEOUT = httpx.Timeout(30, connect=5)


class NodeError(Exception):
    """The node understood and said no."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Node:
    """A node behind one URL; user and password in it are sent as HTTP basic authentication."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._auth = (parts.username, parts.password or "") if parts.username else None
        host = parts.hostname or ""
        self._url = urlunsplit(parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host))

    def ask(self, method: str, *params: Any) -> Any:
        """The result; numbers with a point are `Decimal`. Raises `NodeError` or `GatewayUnreachable`."""
        return _result(self._post({"jsonrpc": "2.0", "id": 0, "method": method, "params": list(params)}))

    def ask_many(self, method: str, each: Sequence[Sequence[Any]]) -> list[Any]:
        """The results of the same question with several parameters, in order; what the node refuses is None."""
        if not each:
            return []
        asked = [{"jsonrpc": "2.0", "id": n, "method": method, "params": list(params)} for n, params in enumerate(each)]
        answers = self._post(asked)
        if not isinstance(answers, list):
            raise GatewayUnreachable()
        found = {answer.get("id"): answer.get("result") for answer in answers}
        return [found.get(n) for n in range(len(each))]

    def _post(self, body: Any) -> Any:
        try:
            answer = httpx.post(self._url, json=body, auth=self._auth, timeout=TIMEOUT)
            # A Bitcoin node says no with status 500 and the reason in the body.
            if answer.status_code not in (200, 404, 500):
                raise GatewayUnreachable()
            return json.loads(answer.content, parse_float=Decimal)
        except (httpx.HTTPError, ValueError):
            # Without the cause: the address has the password in it.
            raise GatewayUnreachable() from None


def _result(answer: Any) -> Any:
    if not isinstance(answer, dict):
        raise GatewayUnreachable()
    if answer.get("error"):
        fault = answer["error"]
        raise NodeError(int(fault.get("code", 0)), str(fault.get("message", "")))
    return answer.get("result")
