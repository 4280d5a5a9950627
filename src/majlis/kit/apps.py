from majlis.kit.modules import ModuleConfig


class KitConfig(ModuleConfig):
    """An app only for its migration: extensions and the queue's trigger. It has no tables."""

    name = "majlis.kit"
    label = "kit"
