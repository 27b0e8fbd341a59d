"""Where the sandbox stands and which keys it shares with the store, from the environment."""

import os
from pathlib import Path

DATA = Path(os.environ["SANDBOX_DATA"])
URL = f"http://127.0.0.1:{os.environ['SANDBOX_PORT']}"
STORE_URL = os.environ["SANDBOX_STORE_URL"]
GEMGO_API_KEY = os.environ["GEMGO_API_KEY"]
DIGIFLAZZ_USERNAME = os.environ["DIGIFLAZZ_USERNAME"]
DIGIFLAZZ_API_KEY = os.environ["DIGIFLAZZ_API_KEY"]
DIGIFLAZZ_WEBHOOK_SECRET = os.environ["DIGIFLAZZ_WEBHOOK_SECRET"]
XENDIT_SECRET_KEY = os.environ["XENDIT_SECRET_KEY"]
XENDIT_CALLBACK_TOKEN = os.environ["XENDIT_CALLBACK_TOKEN"]
MIDTRANS_SERVER_KEY = os.environ["MIDTRANS_SERVER_KEY"]
HITPAY_API_KEY = os.environ["HITPAY_API_KEY"]
HITPAY_API_SALT = os.environ["HITPAY_API_SALT"]
HITPAY_WEBHOOK_SALT = os.environ["HITPAY_WEBHOOK_SALT"]
GOOGLE_CLIENT_ID = os.environ["GOOGLE_CLIENT_ID"]
WHATSAPP_ACCESS_TOKEN = os.environ.get("WHATSAPP_ACCESS_TOKEN", "")
TELEGRAM_BOT_TOKEN = os.environ.get("TELEGRAM_BOT_TOKEN", "")
TELEGRAM_WEBHOOK_SECRET = os.environ.get("TELEGRAM_WEBHOOK_SECRET", "")
