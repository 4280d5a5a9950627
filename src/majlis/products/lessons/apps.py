from django.utils.translation import gettext_lazy as _

from majlis.kit.modules import ModuleConfig


class LessonsConfig(ModuleConfig):
    name = "majlis.products.lessons"
    label = "lessons"
    verbose_name = "Lessons"

    def ready(self) -> None:
        super().ready()
        from majlis.engines.billing import services as billing
        from majlis.engines.scheduling import services as scheduling
        from majlis.products.lessons import (
            notice_kinds,  # noqa: F401 - registers what people can be told
            queries,
        )
        from majlis.products.lessons.services import LessonFulfiller, PackageFulfiller

        billing.register_scope("lesson", _("Lessons"))
        billing.register_fulfiller("lesson", LessonFulfiller())
        billing.register_fulfiller("package", PackageFulfiller())
        scheduling.register_titles("lesson", queries.subjects_of)
