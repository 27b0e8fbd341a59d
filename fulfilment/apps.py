from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FulfilmentConfig(AppConfig):
    name = "fulfilment"
    verbose_name = _("Supplier")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Here and not at the top: models cannot be imported before the registry is filled.
        import_module("fulfilment.figures").register()
        import_module("fulfilment.pricing.drafts").register_kind()
