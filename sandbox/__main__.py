"""`python -m sandbox --port 8001 --data DIR --store-url http://127.0.0.1:8000`: becomes the sandbox's web server."""

import argparse
import os
import sys
from pathlib import Path

REQUIRED_KEYS = (
    "GEMGO_API_KEY", "DIGIFLAZZ_USERNAME", "DIGIFLAZZ_API_KEY", "DIGIFLAZZ_WEBHOOK_SECRET",
    "XENDIT_SECRET_KEY", "XENDIT_CALLBACK_TOKEN", "MIDTRANS_SERVER_KEY",
    "HITPAY_API_KEY", "HITPAY_API_SALT", "HITPAY_WEBHOOK_SALT", "GOOGLE_CLIENT_ID",
)  # fmt: skip
THREADS = 200  # threads are made only when needed; a delayed answer or a waiting webhook holds one each


def main() -> None:
    """Replaces this process by gunicorn with one worker; exits 2 with one line when a key is missing."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--data", type=Path, required=True, help="directory of the sandbox's state")
    parser.add_argument("--store-url", required=True, help="where webhooks go: <store-url>/hooks/...")
    options = parser.parse_args()

    missing = [name for name in REQUIRED_KEYS if not os.environ.get(name)]
    if missing:
        print(f"sandbox: set {', '.join(missing)} (the same values as the store's)", file=sys.stderr)
        raise SystemExit(2)

    data = options.data.resolve()
    data.mkdir(parents=True, exist_ok=True)
    project = str(Path(__file__).resolve().parent.parent)
    os.environ["SANDBOX_PORT"] = str(options.port)
    os.environ["SANDBOX_DATA"] = str(data)
    os.environ["SANDBOX_STORE_URL"] = options.store_url.rstrip("/")
    os.environ["DJANGO_SETTINGS_MODULE"] = "sandbox.settings"
    command = [
        *(sys.executable, "-m", "gunicorn", "sandbox.wsgi:application"),
        *("--bind", f"127.0.0.1:{options.port}", "--chdir", project, "--pythonpath", project),
        *("--workers", "1", "--worker-class", "gthread", "--threads", str(THREADS)),
        *("--worker-connections", "2000", "--backlog", "1024", "--keep-alive", "75"),
        *("--timeout", "120", "--graceful-timeout", "2", "--no-control-socket", "--log-level", "warning"),
    ]
    sys.stdout.flush()
    os.execv(sys.executable, command)  # noqa: S606  (a list of our own making; no shell is wanted)


if __name__ == "__main__":
    main()
