"""The back office's common ground. Other apps' doors take their bases from core.admin.bases."""

from core.admin import alerts as alerts
from core.admin import approvals as approvals
from core.admin import audit as audit
from core.admin import messengers as messengers
from core.admin import records as records
from core.admin import sheets as sheets
