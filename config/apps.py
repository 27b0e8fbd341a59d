"""Makes the store's Celery application the current one in every process that sets up Django."""

from importlib import import_module

from django.apps import AppConfig


class Wiring(AppConfig):
    name = "config"

    def ready(self) -> None:
        import_module("config.celery")
