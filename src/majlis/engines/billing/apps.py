from majlis.kit.modules import ModuleConfig


class BillingConfig(ModuleConfig):
    name = "majlis.engines.billing"
    label = "billing"
    verbose_name = "Billing"

    def ready(self) -> None:
        super().ready()
        from majlis.engines.billing import notice_kinds, plan_notices, registry  # noqa: F401
        from majlis.engines.billing.services import gift_codes, renewals, subscriptions

        registry.register(subscriptions.KIND, renewals.PeriodFulfiller())
        registry.register(renewals.DIFFERENCE, renewals.DifferenceFulfiller())
        registry.register(gift_codes.KIND, gift_codes.GiftFulfiller())
