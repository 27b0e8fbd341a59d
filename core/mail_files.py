"""A mail backend for stores without a mail server: every mail becomes one .eml file that any mail program opens."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class Backend(BaseEmailBackend):
    """Writes to settings.EMAIL_FILE_PATH. File names sort by time; a file that is there is complete."""

    def __init__(self, file_path: str | None = None, fail_silently: bool = False, **_: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        self.folder = Path(file_path or settings.EMAIL_FILE_PATH)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        sent = 0
        for mail in email_messages:
            if not mail.recipients():
                continue
            name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{uuid4().hex[:8]}"
            draft = self.folder / f".{name}"
            draft.write_bytes(mail.message().as_bytes())
            os.replace(draft, self.folder / f"{name}.eml")
            sent += 1
        return sent
