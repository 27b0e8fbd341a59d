from django.apps import AppConfig, apps

from core.words import name_fields


class CoreConfig(AppConfig):
    name = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        name_fields(apps)
