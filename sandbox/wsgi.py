"""WSGI entry point. Loading it in the (only) worker also starts the clock that finishes orders and sends callbacks."""

import contextlib
import ctypes
import os
import signal

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "sandbox.settings"
application = get_wsgi_application()

from sandbox import clock  # noqa: E402  (needs the settings above)

_PR_SET_PDEATHSIG = 1


def _die_with_the_master() -> None:
    """A `kill -9` of the master takes this worker along (on Linux), so that the port is free for the next start."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


_die_with_the_master()
clock.start()
