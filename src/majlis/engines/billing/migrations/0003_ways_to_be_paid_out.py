"""The ways to be paid out that every installation starts with; staff switches them and sets their limits."""

import json
from pathlib import Path

from django.db import migrations

DATA = Path(__file__).parent.parent / "data" / "withdrawal_methods.json"


def load(apps, schema_editor):
    Method = apps.get_model("billing", "WithdrawalMethod")
    for position, row in enumerate(json.loads(DATA.read_text(encoding="utf-8"))):
        Method.objects.get_or_create(
            code=row["code"],
            unit=row["unit"],
            defaults={
                "name": row["name"],
                "help": row["help"],
                "countries": row["countries"],
                "min_amount": row["min"],
                "max_amount": row["max"],
                "fee_fixed": row["fee"],
                "fee_basis_points": row["fee_basis_points"],
                "fields": row["fields"],
                "position": position,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_what_never_changes")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
