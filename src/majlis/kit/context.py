"""What is known about the act being carried out, wherever it is carried out."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the web request or job: in every log line and every audit entry."""
