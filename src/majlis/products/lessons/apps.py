from majlis.kit.modules import ModuleConfig


class LessonsConfig(ModuleConfig):
    name = "majlis.products.lessons"
    label = "lessons"
    verbose_name = "Lessons"
