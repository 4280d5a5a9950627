"""Subscriptions that run by a provider's clock, and prices that a provider knows too."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("billing", "0011_long_addresses")]

    operations = [
        migrations.AddField("planprice", "provider", models.CharField(blank=True, default="", max_length=20), False),
        migrations.AddField(
            "planprice", "provider_ref", models.CharField(blank=True, default="", max_length=255), False
        ),
        migrations.AddField("planprice", "sold_there", models.BooleanField(default=False)),
        migrations.AddField("subscription", "billed_by", models.CharField(blank=True, default="", max_length=20), False),
        migrations.AddField("subscription", "look_at", models.DateTimeField(null=True)),
        migrations.AddField("subscription", "seen_at", models.DateTimeField(null=True)),
        migrations.AddField("subscription", "resumes_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "subscriptionperiod", "provider_ref", models.CharField(blank=True, default="", max_length=255), False
        ),
        migrations.AddConstraint(
            "planprice",
            models.UniqueConstraint(
                condition=~Q(provider_ref=""),
                fields=("provider", "provider_ref"),
                name="price_at_a_provider_is_one_price",
            ),
        ),
        migrations.AddConstraint(
            "planprice",
            models.CheckConstraint(
                condition=Q(provider="", provider_ref="", sold_there=False) | (~Q(provider="") & ~Q(provider_ref="")),
                name="price_at_a_provider_has_a_name_there",
            ),
        ),
        migrations.AddConstraint(
            "subscription",
            models.UniqueConstraint(
                condition=~Q(provider_ref=""),
                fields=("billed_by", "provider_ref"),
                name="subscription_at_a_provider_is_mirrored_once",
            ),
        ),
        migrations.AddConstraint(
            "subscription",
            models.CheckConstraint(
                condition=Q(billed_by="", provider_ref="", look_at__isnull=True)
                | (~Q(billed_by="") & Q(act_at__isnull=True)),
                name="subscription_runs_by_one_clock",
            ),
        ),
        migrations.AddConstraint(
            "subscriptionperiod",
            models.UniqueConstraint(
                condition=~Q(provider_ref=""),
                fields=("subscription", "provider_ref"),
                name="invoice_of_a_provider_opens_one_period",
            ),
        ),
        migrations.AddIndex(
            "subscription",
            models.Index(condition=Q(look_at__isnull=False), fields=["look_at"], name="subscriptions_to_look_at"),
        ),
    ]
