from majlis.kit.modules import ModuleConfig


class BillingConfig(ModuleConfig):
    name = "majlis.engines.billing"
    label = "billing"
    verbose_name = "Billing"
