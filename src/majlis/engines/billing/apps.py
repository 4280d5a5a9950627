from majlis.kit.modules import ModuleConfig


class BillingConfig(ModuleConfig):
    name = "majlis.engines.billing"
    label = "billing"
    verbose_name = "Billing"

    def ready(self) -> None:
        super().ready()
        from majlis.engines.billing import notice_kinds, plan_notices, registry  # noqa: F401
        from majlis.engines.billing.services import renewals, subscriptions

        registry.register(subscriptions.KIND, renewals.PeriodFulfiller())
        registry.register(renewals.DIFFERENCE, renewals.DifferenceFulfiller())
