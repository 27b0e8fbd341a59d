"""docs/environment.md says of every variable what it does, and of none that nobody reads."""

import ast
import re
from pathlib import Path

from supervisor.surroundings import MAKERS, ROOT

READERS = {"text", "secret", "integer", "seconds", "switch", "words", "amounts", "address", "optional_address"}
READERS |= {"networks", "origins", "fernet_keys", "choice"}
# Read where the surroundings are completed, before there are settings.
BEFORE = {"PORT", "STORE_DATA"}
TABLE = re.compile(r"^\| `([A-Z_]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)


def read() -> dict[str, tuple[str, ast.Call]]:
    """Reader and call of every variable that the settings read; one read by a computed name would be missed."""
    found = {}
    for node in ast.walk(ast.parse((ROOT / "config/settings.py").read_text())):
        match node:
            case ast.Call(ast.Attribute(ast.Name("env"), reader), [ast.Constant(name), *_]) if reader in READERS:
                found[str(name)] = (reader, node)
    return found


def described() -> dict[str, tuple[str, str]]:
    rows = TABLE.findall((ROOT / "docs/environment.md").read_text())
    names = [name for name, _, _ in rows]
    assert len(names) == len(set(names)), "a variable stands there twice"
    return {name: (default, meaning) for name, default, meaning in rows}


def test_every_variable_is_described_and_no_other() -> None:
    assert described().keys() == read().keys() | BEFORE


def test_defaults_and_secrets_are_those_of_the_code() -> None:
    wrong = []
    for name, (reader, call) in read().items():
        default, meaning = described()[name]
        is_secret = reader in ("secret", "fernet_keys")
        if is_secret != ("*secret*" in meaning):
            wrong.append(f"{name}: secret or not")
        if (name in MAKERS) != (default == "made"):
            wrong.append(f"{name}: made or not")
        given = call.args[1] if len(call.args) > 1 else None
        number = isinstance(given, ast.Constant) and not isinstance(given.value, bool) and given.value not in (None, "")
        if number and reader in ("integer", "seconds", "amounts") and default != f"`{given.value}`":
            wrong.append(f"{name}: {default} instead of {given.value}")
    assert not wrong


def test_the_example_names_variables_that_exist() -> None:
    lines = (ROOT / "deploy/store.env.example").read_text().splitlines()
    named = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    assert named <= described().keys()
    assert Path(ROOT / "docs/deploy.md").exists()
