"""How Stripe writes."""

from typing import Any
from uuid import uuid4


def new(kind: str) -> str:
    return f"{kind}_{uuid4().hex[:24]}"


def listed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "list", "data": rows, "has_more": False, "url": "/v1/x"}


def fault(kind: str, code: str, words: str, **more: Any) -> dict[str, Any]:
    return {"error": {"type": kind, "code": code, "message": words, **more}}


def metadata(form: dict[str, str], under: str = "metadata") -> dict[str, str]:
    return {name[len(under) + 1 : -1]: value for name, value in form.items() if name.startswith(f"{under}[")}
