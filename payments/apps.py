from importlib import import_module

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Here and not at the top: models cannot be imported before the registry is filled.
        import_module("payments.figures").register()
