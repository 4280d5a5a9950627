"""Accounts' tables."""

from majlis.kernel.accounts.models.family import Guardianship, Invitation
from majlis.kernel.accounts.models.person import Address, RoleGrant, StatusChange, User
from majlis.kernel.accounts.models.tokens import IdempotentAnswer, PersonalToken, RefreshFamily, RefreshToken
from majlis.kernel.accounts.models.trail import Activity, AuditEntry

__all__ = [
    "Activity",
    "Address",
    "AuditEntry",
    "Guardianship",
    "IdempotentAnswer",
    "Invitation",
    "PersonalToken",
    "RefreshFamily",
    "RefreshToken",
    "RoleGrant",
    "StatusChange",
    "User",
]
