from majlis.kit.modules import ModuleConfig


class CatalogueConfig(ModuleConfig):
    name = "majlis.kernel.catalogue"
    label = "catalogue"
    verbose_name = "Catalogue"
