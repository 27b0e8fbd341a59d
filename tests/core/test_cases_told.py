"""Every kind of case that the code can open stands in docs/operations.md: what it means and what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Set
from functools import cache
from itertools import product

from supervisor.surroundings import ROOT

PACKAGES = ("accounts", "core", "fulfilment", "payments", "storefront")
_ROW = re.compile(r"^\|((?: ?`[\w-]+`,?)+)", re.MULTILINE)


def test_the_run_book_names_every_kind_of_case() -> None:
    told = {kind for row in _ROW.findall((ROOT / "docs/operations.md").read_text()) for kind in row.split("`")[1::2]}
    opened = {kind for caller, call in all_calls()["open_case"] for kind in values(call.args[0], caller)}
    opened.discard("")  # a default that no case is opened with
    assert len(opened) > 30 and "supplier_balance" in opened, "the search itself works"
    assert sorted(opened - told) == []


@cache
def trees() -> list[ast.Module]:
    files = [file for name in PACKAGES for file in (ROOT / name).rglob("*.py") if "migrations" not in file.parts]
    return [ast.parse(file.read_text()) for file in files]


def values(said: ast.expr | None, function: ast.FunctionDef) -> Set[str]:
    """The texts that an expression may stand for: written there, in a constant, or by whoever calls the function."""
    match said:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=body, orelse=orelse):
            return values(body, function) | values(orelse, function)
        case ast.JoinedStr(values=parts):
            found = [values(p.value if isinstance(p, ast.FormattedValue) else p, function) for p in parts]
            return {"".join(texts) for texts in product(*found)}
        case ast.Attribute(attr=name):
            return constants(name)
        case ast.Call():
            return set()  # another function of that name
        case ast.Name(id=name):
            names = [argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)]
            if name in names:
                return told_by_callers(function.name, name, names.index(name))
            set_here = {text for one in assigned(name, function) for text in values(one, function)}
            return set_here or constants(name)
    raise AssertionError(f"line {getattr(said, 'lineno', '?')}: nobody can tell what kind this is")


@cache
def told_by_callers(function: str, name: str, position: int) -> frozenset[str]:
    found: set[str] = set()
    for caller, call in all_calls().get(function, ()):
        by_name = [one.value for one in call.keywords if one.arg == name]
        for one in by_name or call.args[position : position + 1]:
            found |= values(one, caller)
    return frozenset(found)


@cache
def all_calls() -> dict[str, list[tuple[ast.FunctionDef, ast.Call]]]:
    """By the name of the function called: who calls it, and how."""
    found: dict[str, list[tuple[ast.FunctionDef, ast.Call]]] = {}
    for caller in (node for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        for call in (node for node in ast.walk(caller) if isinstance(node, ast.Call)):
            found.setdefault(name_of(call), []).append((caller, call))
    return found


def name_of(call: ast.Call) -> str:
    return str(getattr(call.func, "id", "") or getattr(call.func, "attr", ""))


def assigned(name: str, inside: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(inside):
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == name for one in node.targets):
            yield node.value


@cache
def constants(name: str) -> frozenset[str]:
    """What a module's constant of that name says, written alone or in a row with others."""
    found = set()
    for node in (node for tree in trees() for node in tree.body if isinstance(node, ast.Assign)):
        names, said = getattr(node.targets[0], "elts", node.targets), getattr(node.value, "elts", [node.value])
        for one, value in zip(names, said, strict=False):
            if getattr(one, "id", "") == name and isinstance(value, ast.Constant) and isinstance(value.value, str):
                found.add(value.value)
    return frozenset(found)
