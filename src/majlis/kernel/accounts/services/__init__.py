"""What accounts does, one file per noun."""

from majlis.kernel.accounts.services.answers import (
    AnswerKeyReused,
    forget_old_answers,
    hold_answer,
    keep_answer,
    recall_answer,
)
from majlis.kernel.accounts.services.keys import (
    KEY_MARK,
    REFRESH_DAYS,
    BadToken,
    TokenReused,
    issue_tokens,
    make_key,
    revoke_app,
    revoke_every_app,
    revoke_key,
    revoke_refresh_token,
    rotate_refresh_token,
)
from majlis.kernel.accounts.services.people import change_settings, enrol_person, set_avatar
from majlis.kernel.accounts.services.roles import CannotTouchRole, LastOwner, grant_role, revoke_role
from majlis.kernel.accounts.services.status import (
    NotYourself,
    block_person,
    lift_ended_suspensions,
    restore_person,
    suspend_person,
)
from majlis.kernel.accounts.services.throttling import throttle
from majlis.kernel.accounts.services.trail import note_activity, record_act

__all__ = [
    "KEY_MARK",
    "REFRESH_DAYS",
    "AnswerKeyReused",
    "BadToken",
    "CannotTouchRole",
    "LastOwner",
    "NotYourself",
    "TokenReused",
    "block_person",
    "change_settings",
    "enrol_person",
    "forget_old_answers",
    "grant_role",
    "hold_answer",
    "issue_tokens",
    "keep_answer",
    "lift_ended_suspensions",
    "make_key",
    "note_activity",
    "recall_answer",
    "record_act",
    "restore_person",
    "revoke_app",
    "revoke_every_app",
    "revoke_key",
    "revoke_refresh_token",
    "revoke_role",
    "rotate_refresh_token",
    "set_avatar",
    "suspend_person",
    "throttle",
]
