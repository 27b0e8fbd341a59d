"""The store's settings, all read from the environment. What it leaves open is filled in by supervisor.surroundings."""

import os
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from config.back_office import theme
from config.env import BadValue, Environment, broker, mail, postgres, redis
from config.guards import on_loopback, refusals
from core.web.openapi_settings import SPECTACULAR
from supervisor.servers import embedded_programs
from supervisor.surroundings import ROOT, complete

_surroundings = complete(os.environ)
env = Environment(_surroundings.environ)

# --- Where the store stands ---

SHOP_NAME = "Gerbang"
INVOICE_PREFIX = "GATE"
DEPOSIT_PREFIX = "DEP"
PORT = _surroundings.port
STORE_DATA: Path = _surroundings.data
PUBLIC_BASE_URL = env.address("PUBLIC_BASE_URL")
DEMO = env.switch("DEMO", default=True)
DEMO_MONTH = env.switch("DEMO_MONTH", default=DEMO)
# Where the web server listens: a container's has to be reached from outside of it.
WEB_BIND = env.text("WEB_BIND", "127.0.0.1")
WEB_WORKERS = env.integer("WEB_WORKERS", max(2, min(os.cpu_count() or 2, 8)), least=1, most=64)
WEB_THREADS = env.integer("WEB_THREADS", 8, least=1, most=256)
CELERY_CONCURRENCY = env.integer("CELERY_CONCURRENCY", 16, least=1, most=256)  # threads of each worker
CELERY_EVENTS = env.switch("CELERY_EVENTS", default=False)  # for Flower; nobody else listens
FLOWER_LOGIN = env.secret("FLOWER_LOGIN", "")  # user:password; without it Flower does not start
WORKER_SILENT_SECONDS = env.integer("WORKER_SILENT_SECONDS", 30, least=4, most=600)
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES", "127.0.0.1,::1")
RATE_LIMITS = env.switch("RATE_LIMITS", default=True)
CORS_ORIGINS = env.origins("CORS_ORIGINS")
METRICS_TOKEN = env.secret("METRICS_TOKEN", "")

# --- Outer parties ---

GEMGO_BASE_URL = env.address("GEMGO_BASE_URL")
GEMGO_API_KEY = env.secret("GEMGO_API_KEY")
GEMGO_POLL_SECONDS = env.seconds("GEMGO_POLL_SECONDS", 5, least=0.1)
GEMGO_SETTLE_SECONDS = env.seconds("GEMGO_SETTLE_SECONDS", 600)
GEMGO_TIMEOUT_SECONDS = env.seconds("GEMGO_TIMEOUT_SECONDS", 30, least=0.1)
DIGIFLAZZ_BASE_URL = env.address("DIGIFLAZZ_BASE_URL")
DIGIFLAZZ_USERNAME = env.text("DIGIFLAZZ_USERNAME")
DIGIFLAZZ_API_KEY = env.secret("DIGIFLAZZ_API_KEY")
DIGIFLAZZ_WEBHOOK_SECRET = env.secret("DIGIFLAZZ_WEBHOOK_SECRET")
DIGIFLAZZ_TIMEOUT_SECONDS = env.seconds("DIGIFLAZZ_TIMEOUT_SECONDS", 30, least=0.1)
# The same call again within a minute may make a second order at the real one.
DIGIFLAZZ_RECHECK_SECONDS = env.seconds(
    "DIGIFLAZZ_RECHECK_SECONDS", 90, least=0.1 if on_loopback(DIGIFLAZZ_BASE_URL) else 60
)
# A supplier's circuit opens when so many of the last purchases that say anything of it failed; one purchase is tried
# after the pause, which doubles with every such try that fails.
CIRCUIT_FAILURES = env.integer("CIRCUIT_FAILURES", 10, least=1, most=100)
CIRCUIT_OF = env.integer("CIRCUIT_OF", max(10, CIRCUIT_FAILURES), least=CIRCUIT_FAILURES, most=100)
CIRCUIT_PAUSE_SECONDS = env.seconds("CIRCUIT_PAUSE_SECONDS", 15, least=0.1)
# How often the store looks whether anything is wrong that staff have to know of.
ALERT_SECONDS = env.seconds("ALERT_SECONDS", 15, least=1)
# What a unit may cost us, in percent of the price it was sold at (before promo and fee); 0: whatever it costs.
MOST_COST_PERCENT = env.integer("MOST_COST_PERCENT", 100, least=0, most=1000)
# A price that moves by more at once needs a second person to publish it.
PRICE_SECOND_PERSON_PERCENT = env.integer("PRICE_SECOND_PERSON_PERCENT", 30, least=0, most=1000)
# An exchange rate that was entered longer ago makes no prices (F21).
PRICE_RATE_DAYS = env.integer("PRICE_RATE_DAYS", 7, least=1, most=366)
XENDIT_BASE_URL = env.address("XENDIT_BASE_URL")
XENDIT_SECRET_KEY = env.secret("XENDIT_SECRET_KEY")
XENDIT_CALLBACK_TOKEN = env.secret("XENDIT_CALLBACK_TOKEN")
MIDTRANS_BASE_URL = env.address("MIDTRANS_BASE_URL")
MIDTRANS_SERVER_KEY = env.secret("MIDTRANS_SERVER_KEY")
# The hosted card page stands on a host of its own: app.midtrans.com beside api.midtrans.com.
MIDTRANS_SNAP_BASE_URL = env.address("MIDTRANS_SNAP_BASE_URL", MIDTRANS_BASE_URL.replace("//api.", "//app.", 1))
# How long a transfer that the bank may still reverse (Permata, Mandiri bill, Indomaret) does not count yet.
MIDTRANS_REVERSAL_SECONDS = env.integer("MIDTRANS_REVERSAL_SECONDS", 360, least=0)
HITPAY_BASE_URL = env.address("HITPAY_BASE_URL")
HITPAY_API_KEY = env.secret("HITPAY_API_KEY")
# Two salts: of the API key (form webhooks), and of the webhook endpoint registered in the dashboard (JSON webhooks).
HITPAY_API_SALT = env.secret("HITPAY_API_SALT")
HITPAY_WEBHOOK_SALT = env.secret("HITPAY_WEBHOOK_SALT")
# Messengers are optional: without an address, or with "off", the shop has none.
WHATSAPP_BASE_URL = env.optional_address("WHATSAPP_BASE_URL")
WHATSAPP_PHONE_NUMBER_ID = env.text("WHATSAPP_PHONE_NUMBER_ID", None if WHATSAPP_BASE_URL else "")
WHATSAPP_ACCESS_TOKEN = env.secret("WHATSAPP_ACCESS_TOKEN", None if WHATSAPP_BASE_URL else "")
TELEGRAM_BASE_URL = env.optional_address("TELEGRAM_BASE_URL")
TELEGRAM_BOT_NAME = env.text("TELEGRAM_BOT_NAME", None if TELEGRAM_BASE_URL else "")
TELEGRAM_BOT_TOKEN = env.secret("TELEGRAM_BOT_TOKEN", None if TELEGRAM_BASE_URL else "")
TELEGRAM_WEBHOOK_SECRET = env.secret("TELEGRAM_WEBHOOK_SECRET", None if TELEGRAM_BASE_URL else "")
TELEGRAM_LINK_URL = env.address("TELEGRAM_LINK_URL", "https://t.me")
GOOGLE_CERTS_URL = env.address("GOOGLE_CERTS_URL")
GOOGLE_CLIENT_ID = env.text("GOOGLE_CLIENT_ID")
GOOGLE_CLIENT_SECRET = env.secret("GOOGLE_CLIENT_SECRET", "")
GOOGLE_AUTHORIZE_URL = env.address("GOOGLE_AUTHORIZE_URL", "https://accounts.google.com/o/oauth2/v2/auth")
GOOGLE_TOKEN_URL = env.address("GOOGLE_TOKEN_URL", "https://oauth2.googleapis.com/token")

VALIDATION_TOKEN_SECONDS = env.integer("VALIDATION_TOKEN_SECONDS", 900, least=1)
PAYMENT_SECONDS = env.integer("PAYMENT_SECONDS", 0, least=0) or None  # None: as long as the channel allows

# --- Limits ---

# Requests per client address and minute.
THROTTLES = {
    "reads": 600,
    "account_inquiry": 60,
    "order_inquiry": 60,
    "orders": 30,
    "order_help": 20,
    "qr": 120,
    "login": 10,
    "resend": 5,
    "admin_api": 600,  # and as many per token
}

# What one person of staff may give alone, by currency; above it a second one approves.
STAFF_REFUND_LIMITS = env.amounts("STAFF_REFUND_LIMITS", "IDR:500000,MYR:150,PHP:1800,SGD:45,THB:1100,USD:30")
# Pay-outs always take two persons; above these the second one needs the right to approve any.
PAYOUT_LIMITS = env.amounts("PAYOUT_LIMITS", "IDR:5000000,MYR:1500,PHP:18000,SGD:450,THB:11000,USD:300")
# By how much staff change a balance at once, also two persons together: what is more has a zero too many.
BALANCE_CHANGE_MOST = env.amounts("BALANCE_CHANGE_MOST", "IDR:10000000,MYR:3000,PHP:36000,SGD:900,THB:22000,USD:600")
# A price in an imported file that moves by more than so many percent is a jump: staff have to tick it.
PRICE_JUMP_PERCENT = env.integer("PRICE_JUMP_PERCENT", 30, least=1, most=1000)
# Working days within which a pay-out is usually made: what the customer is told.
PAYOUT_WORKING_DAYS = env.integer("PAYOUT_WORKING_DAYS", 2, least=0, most=30)

# --- Secrets and what the outside world may see ---

SECRET_KEY = env.secret("SECRET_KEY")
# Fernet keys of encrypted columns, newest first: the first one writes, all of them read.
ENCRYPTION_KEYS = env.fernet_keys("ENCRYPTION_KEYS")

# Where each outer party stands; none may be left on the sandbox in production.
PARTIES: tuple[str, ...] = (
    "GEMGO_BASE_URL", "DIGIFLAZZ_BASE_URL", "XENDIT_BASE_URL", "MIDTRANS_BASE_URL", "HITPAY_BASE_URL",
    "GOOGLE_CERTS_URL",
)  # fmt: skip
_MESSENGERS = {"WHATSAPP": WHATSAPP_BASE_URL, "TELEGRAM": TELEGRAM_BASE_URL}
PARTIES += tuple(f"{name}_BASE_URL" for name, url in _MESSENGERS.items() if url)
_switched_off = tuple(f"{name}_" for name, url in _MESSENGERS.items() if not url)
_problems = refusals(
    public=PUBLIC_BASE_URL,
    demo=DEMO,
    made={name for name in _surroundings.made if not name.startswith(_switched_off)},
    parties={name: env.text(name) for name in PARTIES},
    sandbox=_surroundings.sandbox,
)
if _problems:
    raise BadValue(
        f"PUBLIC_BASE_URL is {PUBLIC_BASE_URL}, and this is no store for the world yet:\n  " + "\n  ".join(_problems)
    )

_public = urlsplit(PUBLIC_BASE_URL)
_is_https = _public.scheme == "https"
DEBUG = False
ALLOWED_HOSTS = [_public.hostname or "", "127.0.0.1", "localhost", "[::1]", *env.words("EXTRA_HOSTS")]
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
SESSION_COOKIE_SECURE = _is_https
CSRF_COOKIE_SECURE = _is_https
CSRF_FAILURE_VIEW = "core.web.errors.csrf_failure"
LANGUAGE_COOKIE_SECURE = _is_https
SECURE_SSL_REDIRECT = _is_https
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _is_https else 0
# What else lives under the shop's domain is not the shop's to decide: no promise for subdomains, no preload list.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SAMESITE = "Lax"
# Two copies on one host share their cookies, whatever their port: each has names of its own.
SESSION_COOKIE_NAME = f"gerbang_session_{PORT}"
CSRF_COOKIE_NAME = f"gerbang_csrf_{PORT}"

CORS_ALLOWED_ORIGINS = CORS_ORIGINS
CORS_URLS_REGEX = r"^/v2/"
CORS_ALLOW_HEADERS = ["accept", "accept-language", "authorization", "content-type", "if-none-match", "x-device-id"]
CORS_EXPOSE_HEADERS = ["Retry-After", "ETag"]

# --- Applications ---

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # before the admin, whose templates it replaces
    "unfold.contrib.filters",
    "config.apps.BackOffice",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "corsheaders",
    "django_otp",
    "django_otp.plugins.otp_static",
    "config",
    "core",
    "accounts",
    "storefront",
    "payments",
    "fulfilment",
    "demo",
]

# Short, and what most requests need stands first. Session and user are lazy: only who touches them pays.
MIDDLEWARE = [
    "core.web.trail.Trail",
    "core.health.metrics.Measured",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.web.policy.ContentPolicy",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "core.web.readable.Readable",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
LOGIN_REDIRECT_URL = "admin:index"  # of Django's own sign-in, which is the back office's alone
AUTHENTICATION_BACKENDS = ["accounts.backends.Guarded"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# django-otp's own waiting times count without a lock; accounts.lockouts counts for API, pages and staff alike.
OTP_STATIC_THROTTLE_FACTOR = 0
OTP_ADMIN_HIDE_SENSITIVE_DATA = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Rows, caches, files, mail ---

DATABASES = {
    "default": {
        **postgres("DATABASE_URL", env.secret("DATABASE_URL")),
        "CONN_MAX_AGE": None,
        # Without it, every connection that a restart of PostgreSQL cut would answer 500 once.
        "CONN_HEALTH_CHECKS": True,
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Where pg_dump and pg_restore are, of the server's version or later; "": wherever PATH finds them.
POSTGRES_PROGRAMS = env.text("POSTGRES_PROGRAMS", embedded_programs() if _surroundings.own_postgres else "")

REDIS_URL = redis("REDIS_URL", env.secret("REDIS_URL"))  # broker, throttles, heartbeat
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis("REDIS_URL", env.secret("REDIS_URL"), further=1),
        "KEY_PREFIX": "gerbang",
    },
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(STORE_DATA / "static")))
STATICFILES_DIRS = [ROOT / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = STORE_DATA / "media"
PRIVATE_ROOT = STORE_DATA / "private"  # uploads that only doors show
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

DEFAULT_FROM_EMAIL = f"{SHOP_NAME} <no-reply@{_public.hostname}>"
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_BACKEND = "core.mail_files.Backend"
EMAIL_FILE_PATH = STORE_DATA / "mail"
if env.secret("EMAIL_URL", ""):
    globals().update(mail("EMAIL_URL", env.secret("EMAIL_URL")))

# --- Languages and time ---

LANGUAGE_CODE = "id"
LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]  # prepared: ms, fil, th
LOCALE_PATHS = [ROOT / "locale"]
TIME_ZONE = "Asia/Jakarta"
USE_I18N = True
USE_TZ = True

# --- Background work ---

CELERY_BROKER_URL = broker(REDIS_URL)
# Two workers, so that a supplier that is silent for half a minute holds up buying alone, and a mail server that is
# holds up no purchase. Each takes its queues in turn: whoever is in `priority` never waits behind a long one.
CELERY_WORKERS = {"worker-topups": ("priority", "topups"), "worker-rest": ("polls", "mail", "default")}
CELERY_QUEUES = tuple(queue for queues in CELERY_WORKERS.values() for queue in queues)

# --- API ---

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.Bearer"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {**SPECTACULAR, "TITLE": f"{SHOP_NAME} API", "SERVERS": [{"url": PUBLIC_BASE_URL}]}

UNFOLD = theme(SHOP_NAME)

# --- Logs: everything to standard error; whoever started the process keeps it ---

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "core.logs.JsonLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        "celery": {"level": "WARNING"},  # it would tell of every tick of the clock
    },
}

# --- Crash reports: off unless somebody names a Sentry; without it the library is not even loaded ---

SENTRY_DSN = env.secret("SENTRY_DSN", "")
SENTRY_ENVIRONMENT = env.text("SENTRY_ENVIRONMENT", "demo" if DEMO else "production")
if SENTRY_DSN:
    import_module("core.crash_reports").start(SENTRY_DSN, SENTRY_ENVIRONMENT)
