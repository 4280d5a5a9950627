from majlis.kit.modules import ModuleConfig


class CallsConfig(ModuleConfig):
    name = "majlis.engines.calls"
    label = "calls"
    verbose_name = "Calls"
