"""What notices does."""

from majlis.kernel.notices.registry import register
from majlis.kernel.notices.services.crowds import forget_reminders_of, notify_many, remind_many
from majlis.kernel.notices.services.letters import send_letter, write_letter
from majlis.kernel.notices.services.mailing import drop_waiting_mails, send_due_mails
from majlis.kernel.notices.services.presence import arrive, beat, leave, sweep_presence
from majlis.kernel.notices.services.reminding import forget_reminders, remind, tell_due_reminders
from majlis.kernel.notices.services.signalling import signal, sweep_stream
from majlis.kernel.notices.services.telling import mark_all_read, mark_read, mark_read_by_key, notify
from majlis.kernel.notices.services.wishing import clear_wish, set_rhythm, set_wish, unsubscribe

__all__ = [
    "arrive",
    "beat",
    "clear_wish",
    "drop_waiting_mails",
    "forget_reminders",
    "forget_reminders_of",
    "leave",
    "mark_all_read",
    "mark_read",
    "mark_read_by_key",
    "notify",
    "notify_many",
    "register",
    "remind",
    "remind_many",
    "send_due_mails",
    "send_letter",
    "set_rhythm",
    "set_wish",
    "signal",
    "sweep_presence",
    "sweep_stream",
    "tell_due_reminders",
    "unsubscribe",
    "write_letter",
]
