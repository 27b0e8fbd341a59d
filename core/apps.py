from importlib import import_module

from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _

from core.words import name_fields


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("House")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        name_fields(apps)
        # Here and not at the top: models cannot be imported before the registry is filled.
        import_module("core.pulse.figures").register()
