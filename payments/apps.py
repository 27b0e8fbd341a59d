from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from core.pulse import calls
from payments.gateways.calling import listen


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = _("Money")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Here and not at the top: models cannot be imported before the registry is filled.
        import_module("payments.figures").register()
        import_module("payments.money_back.second_person").register_kinds()
        import_module("payments.wallet.adjusting").register_kind()
        listen(calls.note)
