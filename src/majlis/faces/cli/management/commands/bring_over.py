"""`./majlis manage bring_over stripe sub_… [--person someone@example.org]`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from majlis.engines.billing import queries, services
from majlis.kernel.accounts import queries as accounts
from majlis.kit.errors import Refusal


class Command(BaseCommand):
    help = "Mirror a subscription that runs at a provider already (or all of a customer's), for an existing member."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("provider", help="stripe")
        parser.add_argument("refs", nargs="+", help="sub_… or cus_…, one or many")
        parser.add_argument("--person", default="", help="The member's e-mail; else whoever is known as that customer.")

    def handle(self, *args: Any, **options: Any) -> None:
        known = queries.billers()
        if options["provider"] not in known:
            raise CommandError(
                f"No provider {options['provider']} with keys here; there is: {', '.join(known) or '-'}."
            )
        person = accounts.person_by_email(options["person"]) if options["person"] else None
        if options["person"] and person is None:
            raise CommandError("No member has this address confirmed.")
        failed = 0
        for ref in options["refs"]:
            try:
                brought = services.bring_over(provider=options["provider"], ref=ref, person=person, actor=None)
            except Refusal as refusal:
                failed += 1
                self.stderr.write(f"{ref}: {refusal}")
                continue
            for each in brought:
                until = f" until {each.ends_at:%Y-%m-%d %H:%M %Z}" if each.ends_at else ""
                self.stdout.write(f"{each.provider_ref}: {each.status}{until}")
        if failed:
            raise CommandError(f"{failed} of {len(options['refs'])} could not be brought over.")
