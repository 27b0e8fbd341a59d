"""The store's settings for tests: servers, sandbox and secrets of one test run, apart from every store on this machine.

Each invocation of pytest has a STORE_DATA of its own, under ./var/tests. Its xdist workers share the servers in it;
each has its own database, its own two databases of Redis, its own sandbox and, for live_server, its own port.
"""

import os

from supervisor.surroundings import ROOT, complete
from tests.ports import free_pair

RUN = "GERBANG_TEST_RUN"

# Nothing that names a store, a server or a party of the caller's may leak into the tests.
KEPT_OUT = (
    *(
        "GEMGO_",
        "XENDIT_",
        "GOOGLE_",
        "DIGIFLAZZ_",
        "MIDTRANS_",
        "HITPAY_",
        "CELERY_",
        "WEB_",
        "WHATSAPP_",
        "TELEGRAM_",
    ),
    *("PORT", "STORE_DATA", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "PUBLIC_BASE_URL", "TRUSTED_PROXIES"),
    *("SECRET_KEY", "ENCRYPTION_KEYS", "METRICS_TOKEN", "CORS_ORIGINS", "DEMO", "RATE_LIMITS"),
    *("SENTRY_", "LOG_LEVEL", "STATIC_ROOT", "POSTGRES_PROGRAMS", "EXTRA_HOSTS"),
    *("PAYMENT_SECONDS", "VALIDATION_TOKEN_SECONDS"),
)
for _name in [name for name in os.environ if name.startswith(KEPT_OUT)]:
    del os.environ[_name]

os.environ.setdefault(RUN, str(ROOT / "var" / "tests" / str(os.getpid())))  # handed down to the workers
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
os.environ["STORE_DATA"] = os.environ[RUN]
os.environ["PORT"] = str(free_pair())
os.environ["DJANGO_LIVE_TEST_SERVER_ADDRESS"] = f"127.0.0.1:{os.environ['PORT']}"
os.environ["REDIS_URL"] = complete(os.environ).environ["REDIS_URL"].replace("db=0", f"db={2 * _worker}")

from config.settings import *  # noqa: E402, F403
from config.settings import STORAGES, STORE_DATA  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
MEDIA_ROOT = STORE_DATA / f"media-{_worker}"
EMAIL_FILE_PATH = STORE_DATA / f"mail-{_worker}"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
