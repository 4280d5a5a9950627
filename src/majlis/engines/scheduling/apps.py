from majlis.kit.modules import ModuleConfig


class SchedulingConfig(ModuleConfig):
    name = "majlis.engines.scheduling"
    label = "scheduling"
    verbose_name = "Scheduling"
