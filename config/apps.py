"""What is wired at the start of every process: the Celery application, and the back office's own site."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class BackOffice(admin.AdminConfig):
    """Django's admin with the shop's sign-in before it."""

    default = False  # the settings name it
    default_site = "accounts.pages.staff.site.BackOffice"


class Wiring(AppConfig):
    """Makes the store's Celery application the current one."""

    default = True
    name = "config"

    def ready(self) -> None:
        import_module("config.celery")
