"""The import rule of docs/architecture.md: the later stage drives, doors are the outer ring, adapters are leaves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STAGES = ["core", "accounts", "storefront", "payments", "fulfilment"]
STOREFRONT = ["content", "catalogue", "channels", "promos", "players", "inquiries", "orders"]
DOOR_PARTS = {"api", "pages", "admin", "management", "tasks", "urls", "health"}
ADAPTERS = {"payments.gateways", "fulfilment.suppliers", "core.messages.adapters"}
# What an adapter may use of the store: plain value types and nothing that knows a table.
ADAPTER_MAY_IMPORT = {"core.money"}
# Wiring that is allowed to name doors.
DOOR_USERS = {"config", "demo", "tests"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_door(module: str) -> bool:
    return bool(DOOR_PARTS & set(module.split(".")[1:]))


def adapter_of(module: str) -> str | None:
    return next((name for name in ADAPTERS if module == name or module.startswith(name + ".")), None)


def sources() -> Iterator[tuple[str, Path]]:
    for stage in STAGES:
        for path in sorted((ROOT / stage).rglob("*.py")):
            if "migrations" not in path.parts:
                yield module_name(path), path


def imports(module: str, path: Path) -> Iterator[tuple[str, int, bool]]:
    """(imported module, line, whether at module level) of every import of a project module."""
    tree = ast.parse(path.read_text())
    top_level = {id(node) for node in tree.body}
    typing_only: set[int] = set()
    for block in tree.body:
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test):
            typing_only.update(id(child) for child in ast.walk(block))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = str(node.module)
            if node.level:
                package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
                source = ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])
            names = []
            for alias in node.names:
                joined = f"{source}.{alias.name}"
                as_file = ROOT / joined.replace(".", "/")
                names.append(joined if as_file.with_suffix(".py").exists() or as_file.is_dir() else source)
        else:
            continue
        for name in names:
            if name.split(".")[0] in {*STAGES, "config", "sandbox", "demo", "supervisor", "tests", "bench"}:
                yield name, node.lineno, id(node) in top_level or id(node) in typing_only


EDGES = [(m, p, *edge) for m, p in sources() for edge in imports(m, p)]


def offenders(wrong: list[str]) -> str:
    return "\n" + "\n".join(wrong)


def test_there_is_something_to_check() -> None:
    assert len(EDGES) > 100


def test_no_imports_hidden_in_functions() -> None:
    wrong = [f"{path}:{line} imports {name}" for _, path, name, line, at_top in EDGES if not at_top]
    assert not wrong, offenders(wrong)


def test_domain_modules_import_only_their_own_or_an_earlier_stage() -> None:
    wrong = []
    for module, path, name, line, _ in EDGES:
        if is_door(module) or adapter_of(module) or adapter_of(name):
            continue
        mine, theirs = module.split(".")[0], name.split(".")[0]
        if theirs in STAGES and STAGES.index(theirs) > STAGES.index(mine):
            wrong.append(f"{path}:{line} {module} imports the later {name}")
    assert not wrong, offenders(wrong)


def test_storefront_parts_import_only_earlier_parts() -> None:
    wrong = []
    for module, path, name, line, _ in EDGES:
        mine, theirs = module.split("."), name.split(".")
        if mine[0] != "storefront" or theirs[0] != "storefront" or is_door(module) or len(mine) < 2 or len(theirs) < 2:
            continue
        parts = mine[1] in STOREFRONT and theirs[1] in STOREFRONT
        if parts and STOREFRONT.index(theirs[1]) > STOREFRONT.index(mine[1]):
            wrong.append(f"{path}:{line} {module} imports the later {name}")
    assert not wrong, offenders(wrong)


def test_nobody_imports_a_door() -> None:
    wrong = []
    for module, path, name, line, _ in EDGES:
        if not is_door(name) or module.split(".")[0] in DOOR_USERS:
            continue
        if is_door(module):  # doors share base classes among themselves (core.admin, core.web)
            continue
        wrong.append(f"{path}:{line} {module} imports the door {name}")
    assert not wrong, offenders(wrong)


def test_adapters_are_leaves() -> None:
    wrong = [
        f"{path}:{line} {module} imports {name}"
        for module, path, name, line, _ in EDGES
        if (adapter := adapter_of(module)) and name not in ADAPTER_MAY_IMPORT and adapter_of(name) != adapter
    ]
    assert not wrong, offenders(wrong)


def test_wiring_and_demo_are_imported_by_nobody() -> None:
    wrong = [
        f"{path}:{line} {module} imports {name}"
        for module, path, name, line, _ in EDGES
        if name.split(".")[0] in {"config", "demo", "supervisor", "tests", "bench"}
    ]
    assert not wrong, offenders(wrong)


@pytest.mark.parametrize("side", ["sandbox", "store"])
def test_sandbox_and_store_do_not_know_each_other(side: str) -> None:
    if side == "sandbox":
        wrong = [
            f"{path}:{line} imports {name}"
            for path in sorted((ROOT / "sandbox").rglob("*.py"))
            for name, line, _ in imports(module_name(path), path)
            if name.split(".")[0] != "sandbox"
        ]
    else:
        wrong = [f"{path}:{line} imports {name}" for _, path, name, line, _ in EDGES if name.startswith("sandbox")]
    assert not wrong, offenders(wrong)


def test_the_store_never_asks_whether_it_talks_to_a_sandbox() -> None:
    wrong = []
    for _, path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "arg", None)
            if isinstance(name, str) and "sandbox" in name.lower():
                wrong.append(f"{path}:{getattr(node, 'lineno', '?')} {name}")
    assert not wrong, offenders(wrong)


def test_the_layout_of_the_design_stands() -> None:
    folders = (*STAGES, "config", "demo", "sandbox", "templates", "static", "tests", "bench", "docs")
    files = ("manage.py", "run", "test", "requirements.txt", "requirements-dev.txt", "pyproject.toml")
    for name in (*folders, *files):
        assert (ROOT / name).exists(), name
