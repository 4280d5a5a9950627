"""The books: to be read by those who answer for money, changed by nobody."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from majlis.faces.backoffice.site import BOSSES, ReadOnlyAdmin, link_to, office
from majlis.faces.backoffice.telling import when
from majlis.kernel.accounts.types import Role
from majlis.kernel.ledger import queries
from majlis.kernel.ledger.models import Account, Entry, Hold, Journal
from majlis.kit.money import Money

BOOKKEEPERS = (Role.FINANCE, *BOSSES)


def _money(amount: int | None, unit: str) -> str:
    return "–" if amount is None else Money(amount, unit).display()


@admin.register(Account, site=office)
class AccountPage(ReadOnlyAdmin):
    """Everybody's pots, and the house's own with their rolled-up balances."""

    view_roles = BOOKKEEPERS
    list_display = ("owner", "purpose", "unit", "name", "balance_now", "held_now", "sequence")
    list_filter = ("purpose", "unit", ("person", admin.EmptyFieldListFilter))
    search_fields = ("person__name", "person__email", "=person__id", "name", "=id")
    list_select_related = ("person",)
    ordering = ("-created_at", "id")
    fields = ("id", "owner", "purpose", "unit", "name", "balance_now", "held_now", "floor", "sequence", "last_entries")
    readonly_fields = ("id", "owner", "balance_now", "held_now", "sequence", "last_entries")

    @admin.display(description=_("Owner"))
    def owner(self, account: Account) -> Any:
        return link_to(account.person) if account.person else _("The house")

    @admin.display(description=_("Balance"))
    def balance_now(self, account: Account) -> str:
        if account.person_id is None:
            return queries.house_balance(account.purpose, account.unit, account.name).display()
        return _money(account.balance, account.unit)

    @admin.display(description=_("Held"))
    def held_now(self, account: Account) -> str:
        return _money(account.held, account.unit)

    @admin.display(description=_("Last entries"))
    def last_entries(self, account: Account) -> Any:
        rows = Entry.objects.filter(account=account).select_related("journal").order_by("-id")[:25]
        return format_html_join(
            "",
            "<div>{} · {} · {} → {}</div>",
            (
                (
                    when(e.at),
                    link_to(e.journal, e.journal.get_kind_display()),
                    _money(e.amount, account.unit),
                    _money(e.balance_after, account.unit),
                )
                for e in rows
            ),
        )


@admin.register(Journal, site=office)
class JournalPage(ReadOnlyAdmin):
    """Every movement, with its lines."""

    view_roles = BOOKKEEPERS
    list_display = ("at", "kind", "subject", "memo", "moved", "actor_link")
    list_filter = ("kind",)
    search_fields = ("=key", "=subject", "=id")
    date_hierarchy = "at"
    list_select_related = ("actor",)
    ordering = ("-id",)
    fields = ("id", "at", "kind", "subject", "memo", "key", "actor_link", "created_at", "entry_table")
    readonly_fields = ("id", "created_at", "actor_link", "entry_table")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("entries__account")

    @admin.display(description=_("Amount"))
    def moved(self, journal: Journal) -> str:
        totals: dict[str, int] = {}
        for entry in journal.entries.all():
            if entry.amount > 0:
                totals[entry.account.unit] = totals.get(entry.account.unit, 0) + entry.amount
        return ", ".join(_money(amount, unit) for unit, amount in totals.items())

    @admin.display(description=_("By"))
    def actor_link(self, journal: Journal) -> Any:
        return link_to(journal.actor) if journal.actor else _("The house")

    @admin.display(description=_("Entries"))
    def entry_table(self, journal: Journal) -> Any:
        rows = journal.entries.select_related("account__person").order_by("line")
        body = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (
                    link_to(e.account, f"{e.account.person or _('The house')} · {e.account.get_purpose_display()}"),
                    e.account.name,
                    _money(e.amount, e.account.unit),
                    _money(e.balance_after, e.account.unit),
                )
                for e in rows
            ),
        )
        head = (_("Account"), _("Name"), _("Amount"), _("Balance after"))
        return format_html(
            "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>",
            format_html_join("", "<th>{}</th>", ((title,) for title in head)),
            body,
        )


@admin.register(Entry, site=office)
class EntryPage(ReadOnlyAdmin):
    """Single lines, to find one by its account or journal."""

    view_roles = BOOKKEEPERS
    list_display = ("at", "journal_link", "account_link", "amount_shown", "after_shown", "sequence")
    list_filter = ("account__purpose", "account__unit")
    search_fields = ("=journal__key", "=journal__subject", "=account__person__email", "=account__id")
    list_select_related = ("journal", "account__person")
    ordering = ("-id",)
    fields = ("at", "journal_link", "account_link", "line", "amount_shown", "after_shown", "sequence")
    readonly_fields = ("journal_link", "account_link", "amount_shown", "after_shown")

    @admin.display(description=_("Journal"))
    def journal_link(self, entry: Entry) -> Any:
        return link_to(entry.journal, entry.journal.get_kind_display())

    @admin.display(description=_("Account"))
    def account_link(self, entry: Entry) -> Any:
        owner = entry.account.person or _("The house")
        return link_to(entry.account, f"{owner} · {entry.account.get_purpose_display()}")

    @admin.display(description=_("Amount"))
    def amount_shown(self, entry: Entry) -> str:
        return _money(entry.amount, entry.account.unit)

    @admin.display(description=_("Balance after"))
    def after_shown(self, entry: Entry) -> str:
        return _money(entry.balance_after, entry.account.unit)


@admin.register(Hold, site=office)
class HoldPage(ReadOnlyAdmin):
    """What is or was set aside."""

    view_roles = BOOKKEEPERS
    list_display = ("created_at", "account_link", "amount_shown", "captured_shown", "state", "subject", "expires_at")
    list_filter = ("state", "account__unit")
    search_fields = ("=key", "=subject", "=account__person__email")
    list_select_related = ("account__person",)
    ordering = ("-id",)
    readonly_fields = ("id", "created_at", "account_link", "amount_shown", "captured_shown", "journal_link")
    fields = (
        *readonly_fields,
        "state",
        "subject",
        "key",
        "expires_at",
        "resolved_at",
        "resolution_key",
    )

    @admin.display(description=_("Account"))
    def account_link(self, held: Hold) -> Any:
        return link_to(held.account, held.account.person)

    @admin.display(description=_("Amount"))
    def amount_shown(self, held: Hold) -> str:
        return held.money.display()

    @admin.display(description=_("Captured"))
    def captured_shown(self, held: Hold) -> str:
        return _money(held.captured, held.account.unit)

    @admin.display(description=_("Journal"))
    def journal_link(self, held: Hold) -> Any:
        return link_to(held.journal)
