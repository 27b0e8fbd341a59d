"""WSGI entry point. Loading it in the (only) worker also starts the clock that finishes orders and sends callbacks."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "sandbox.settings"
application = get_wsgi_application()

from sandbox import clock  # noqa: E402  (needs the settings above)

clock.start()
