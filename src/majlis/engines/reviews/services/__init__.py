"""What reviews does."""

from majlis.engines.reviews.refusals import AlreadyReplied, ReviewClosed
from majlis.engines.reviews.services.moderating import hide_review, show_review
from majlis.engines.reviews.services.writing import invite_review, reply, withdraw_invitation, write_review

__all__ = [
    "AlreadyReplied",
    "ReviewClosed",
    "hide_review",
    "invite_review",
    "reply",
    "show_review",
    "withdraw_invitation",
    "write_review",
]
