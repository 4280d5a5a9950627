from majlis.kit.modules import ModuleConfig


class FilesConfig(ModuleConfig):
    name = "majlis.kernel.files"
    label = "files"
    verbose_name = "Files"
