"""Django settings of the sandbox; what it knows of the world around it is in surroundings.py."""

import secrets
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent

SECRET_KEY = secrets.token_hex(32)  # signs nothing that lives longer than the process
DEBUG = False
ALLOWED_HOSTS = ["*"]  # it listens on loopback only
ROOT_URLCONF = "sandbox.urls"
WSGI_APPLICATION = "sandbox.wsgi.application"
INSTALLED_APPS: list[str] = []
MIDDLEWARE: list[str] = []  # none: benchmarks of the store run against these answers
DATABASES: dict[str, dict[str, str]] = {}  # plain sqlite3 in sandbox/state, a few statements per call
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [BASE_DIR / "templates"]}]
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS: list[str] = []
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {
        # 4xx answers are part of the protocol that is played, not news
        "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "sandbox": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
