"""No column of the systems Majlis replaces is dropped silently."""

import csv
from collections import Counter
from pathlib import Path

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

COVERAGE = Path(__file__).resolve().parents[2] / "docs" / "seed-coverage.csv"
ROWS = list(csv.DictReader(COVERAGE.open(encoding="utf-8")))
LIBRARY_TABLES = {"kit_cache"}
"""Tables that a library makes without a model."""


def wrong_with(carried_by: str) -> str:
    """What is wrong with a claim that `label.Model.field` (or a library's table) carries a column; empty if nothing."""
    if carried_by.startswith("library:"):
        table = carried_by.removeprefix("library:")
        known = {model._meta.db_table for model in apps.get_models()} | LIBRARY_TABLES
        return "" if table in known else f"no table {table}"
    label, model_name, field = carried_by.split(".")
    try:
        apps.get_model(label, model_name)._meta.get_field(field)
    except LookupError:
        return f"no model {label}.{model_name}"
    except FieldDoesNotExist:
        # A foreign key may be named by its column.
        columns = {f.attname for f in apps.get_model(label, model_name)._meta.concrete_fields}
        return "" if field in columns else f"no field {carried_by}"
    return ""


def test_every_column_is_listed():
    assert len(ROWS) == 780
    assert len({(r["seed"], r["table"]) for r in ROWS}) == 116


def test_every_column_is_carried_or_says_why_not():
    silent = [r for r in ROWS if bool(r["carried_by"]) == bool(r["note"])]
    assert silent == []
    reasons = Counter(r["note"].split(":")[0] for r in ROWS if r["note"])
    assert set(reasons) <= {"derived", "not built yet"}


def test_every_claim_is_true():
    wrong = {r["carried_by"]: found for r in ROWS if r["carried_by"] and (found := wrong_with(r["carried_by"]))}
    assert wrong == {}


def test_a_false_claim_would_be_seen():
    assert wrong_with("accounts.User.shoe_size") == "no field accounts.User.shoe_size"
    assert wrong_with("library:no_such_table") == "no table no_such_table"
