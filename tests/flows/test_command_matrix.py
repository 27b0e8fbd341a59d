"""The third door: management commands. No role opens one; whoever runs one has the machine, and the trail says so."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command, get_commands

from core.models import AuditEntry
from core.resealing import Resealed
from fulfilment.syncing import Synced
from supervisor.surroundings import ROOT

OURS = ("core", "accounts", "storefront", "payments", "fulfilment", "demo")
# What each writes into the audit trail as "command"; "": it changes nothing and copies nothing out.
COMMANDS = {
    "back_up": "back-up made",
    "check_ledger": "",
    "demo_code": "",  # refuses outside of the demo
    "load_demo": "demo loaded",
    "load_demo_month": "demo month loaded",
    "reseal_authenticators": "resealed",
    "reseal_codes": "resealed",
    "reseal_payouts": "resealed",
    "restore": "back-up restored",
    "sync_roles": "roles synced",
    "sync_supplier": "catalogue synced",
    "telegram_webhook": "webhook set",
}
ROLES_THAT_MAY: dict[str, set[str]] = {name: set() for name in COMMANDS}
"""Nobody: no page, call, task or permission leads to a command."""


def test_every_command_of_ours_is_in_the_table() -> None:
    assert {name for name, app in get_commands().items() if app in OURS} == set(COMMANDS) == set(ROLES_THAT_MAY)


def test_no_door_but_the_shell_runs_one() -> None:
    """A page or call that ran a command would give it to a role. Only a command itself, and what starts a store, do."""
    callers = set()
    for path in (found for app in OURS for found in (ROOT / app).rglob("*.py")):
        names = {getattr(node.func, "id", getattr(node.func, "attr", "")) for node in ast.walk(ast.parse(
            path.read_text())) if isinstance(node, ast.Call)}  # fmt: skip
        if names & {"call_command", "execute_from_command_line"}:
            callers.add(str(path.relative_to(ROOT)))
    assert callers == {"fulfilment/management/commands/restore.py"} and not any(ROLES_THAT_MAY.values())


@contextmanager
def _opened(*_: Any, **__: Any) -> Iterator[tuple[Any, None]]:
    yield SimpleNamespace(made_at="2026-01-01", files=[]), None


def _nothing(*_: Any, **__: Any) -> Any:
    return None


HOW: dict[str, tuple[list[str], dict[str, Callable[..., Any]]]] = {
    "back_up": (["x.tar"], {
        "core.back_ups.archive.make": lambda *_, **__: SimpleNamespace(files=[]), "os.path.getsize": lambda _: 1,
    }),
    "load_demo": ([], {"demo.management.commands.load_demo.load": lambda _: {"products": 1}}),
    "load_demo_month": ([], {"demo.management.commands.load_demo_month.load_month": lambda _: {"orders": 1}}),
    "reseal_authenticators": ([], {}),
    "reseal_codes": ([], {"fulfilment.management.commands.reseal_codes.reseal": lambda: Resealed(3, [])}),
    "reseal_payouts": ([], {}),
    "restore": (["x.tar", "--nothing-happened-since"], {
        "core.back_ups.archive.opened": _opened, "core.back_ups.archive.ensure_fits": _nothing,
        "core.back_ups.archive.put_back": _nothing, "fulfilment.management.commands.restore.call_command": _nothing,
    }),
    "sync_roles": ([], {}),
    "sync_supplier": (["gemgo"], {"fulfilment.syncing.sync": lambda _: Synced(1, 2, 0, 0, 0)}),
    "telegram_webhook": ([], {"core.messages.adapters.telegram.call": _nothing}),
}  # fmt: skip


@pytest.mark.django_db
def test_each_that_moves_money_or_data_writes_who_ran_it(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.DEMO, settings.TELEGRAM_BASE_URL = True, "http://127.0.0.1:1"
    monkeypatch.setenv("SUDO_USER", "ani")
    assert set(HOW) == {name for name, action in COMMANDS.items() if action}
    for name, (words, instead) in HOW.items():
        before = AuditEntry.objects.count()
        with monkeypatch.context() as patched:
            for path, thing in instead.items():
                patched.setattr(path, thing)
            call_command(name, *words)
        entry = AuditEntry.objects.latest("id")
        assert (AuditEntry.objects.count() - before, entry.actor, entry.action) == (1, "command", COMMANDS[name]), name
        assert entry.after["on the machine"] == "ani" and entry.subject
    before = AuditEntry.objects.count()
    call_command("sync_roles")  # at every start; it changes nothing, and says nothing
    call_command("check_ledger")
    assert AuditEntry.objects.count() == before
