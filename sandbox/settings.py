"""Settings of the sandbox. Everything comes from the environment that `python -m sandbox` prepares."""

import os
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

SANDBOX_DATA = Path(os.environ["SANDBOX_DATA"])
SANDBOX_URL = f"http://127.0.0.1:{os.environ['SANDBOX_PORT']}"
STORE_URL = os.environ["SANDBOX_STORE_URL"]
GEMGO_API_KEY = os.environ["GEMGO_API_KEY"]
XENDIT_SECRET_KEY = os.environ["XENDIT_SECRET_KEY"]
XENDIT_CALLBACK_TOKEN = os.environ["XENDIT_CALLBACK_TOKEN"]
GOOGLE_CLIENT_ID = os.environ["GOOGLE_CLIENT_ID"]
