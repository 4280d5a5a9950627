from majlis.kit.modules import ModuleConfig


class BillingConfig(ModuleConfig):
    name = "majlis.engines.billing"
    label = "billing"
    verbose_name = "Billing"

    def ready(self) -> None:
        super().ready()
        from majlis.engines.billing import notice_kinds  # noqa: F401
