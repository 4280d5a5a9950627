"""Everything that must be true before the processes start, in one Django start-up: tables, messages, static files, and
on the first run the demonstration."""

import importlib.util
import io
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from majlis.engines.billing import services as billing
from majlis.faces.cli import catalogues
from majlis.faces.cli.progress import Bar, step
from majlis.kernel.catalogue import services as catalogue

HALF = "demonstration.half"
DEMONSTRATION = "majlis.faces.cli.demonstration"


class Command(BaseCommand):
    """`python -m django prepare`; `./majlis up` calls it when something has changed."""

    help = "Migrate, compile messages, collect static files, load the demonstration on the first run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="without the demonstration")

    def handle(self, *args: Any, **options: Any) -> None:
        if catalogues.stale():
            with step("Messages compiled"):
                catalogues.compile_all()
        with connection.cursor() as cursor:
            # One after the other, when several machines start a new version; and never long in the way of visitors.
            cursor.execute("SELECT pg_advisory_lock(hashtext('majlis.prepare'))")
            cursor.execute("SET lock_timeout = '10s'")
        start_half_a_demonstration_over()
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            with step(f"Tables made or changed ({len(plan)} migrations)"):
                call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        with step("Base data there"):
            catalogue.load_base_catalogue()
            billing.load_withdrawal_methods()
        with step("Static files collected"):
            call_command("collectstatic", interactive=False, verbosity=0, stdout=io.StringIO())
        if not options["no_demo"]:
            load_demonstration()


def load_demonstration() -> bool:
    """Load the demonstration unless it is there or this installation is not a sandbox; whether it was loaded."""
    done = Path(settings.DATA) / "demonstration.json"
    if done.exists() or not settings.SANDBOX or importlib.util.find_spec(DEMONSTRATION) is None:
        return False
    from django.contrib.auth import get_user_model

    if get_user_model().objects.exists():
        return False  # somebody's own data: never mixed with ours
    demonstration = importlib.import_module(DEMONSTRATION)
    half = Path(settings.DATA) / HALF
    half.write_text(which_database())
    bar = Bar("Demonstration")
    demonstration.load(bar)
    bar.finish()
    done.write_text(json.dumps(demonstration.ACCOUNTS, ensure_ascii=False))
    half.unlink()
    return True


def which_database() -> str:
    """The database, without its password."""
    return "{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)


def start_half_a_demonstration_over() -> None:
    """An interrupted first start left half a demonstration, which nobody has used: the processes never started."""
    half = Path(settings.DATA) / HALF
    if not half.exists() or half.read_text() != which_database():
        return
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    half.unlink()
