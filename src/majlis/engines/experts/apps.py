from majlis.kit.modules import ModuleConfig


class ExpertsConfig(ModuleConfig):
    name = "majlis.engines.experts"
    label = "experts"
    verbose_name = "Experts"
