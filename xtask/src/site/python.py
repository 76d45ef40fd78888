"""Writes what the modules of a Python package offer, as JSON: names, signatures and docstrings. Nothing is imported."""

import ast
import json
import pathlib
import sys


def is_public(name: str) -> bool:
    return not name.startswith("_")


def signature(function: ast.FunctionDef | ast.AsyncFunctionDef, in_class: bool) -> str:
    given = function.args
    first = [*given.posonlyargs, *given.args]
    is_static = any(ast.unparse(own) == "staticmethod" for own in function.decorator_list)
    if in_class and first and not is_static:
        (given.posonlyargs or given.args).pop(0)
    returns = f" -> {ast.unparse(function.returns)}" if function.returns and function.name != "__init__" else ""
    start = "async " if isinstance(function, ast.AsyncFunctionDef) else ""
    name = "" if function.name == "__init__" else f"def {function.name}"
    return f"{start}{name}({ast.unparse(given)}){returns}"


def text_after(body: list[ast.stmt], at: int) -> str:
    """The string that documents an attribute stands behind it."""
    following = body[at + 1] if at + 1 < len(body) else None
    match following:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return " ".join(text.split())
    return ""


def members(own: ast.ClassDef) -> list[dict[str, str]]:
    found = []
    for at, statement in enumerate(own.body):
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name)) if is_public(name):
                found.append({"name": name, "code": ast.unparse(statement), "text": text_after(own.body, at)})
            case ast.FunctionDef() | ast.AsyncFunctionDef() if is_public(statement.name):
                decorators = [ast.unparse(own) for own in statement.decorator_list]
                if any(decorator.endswith((".setter", "overload")) for decorator in decorators):
                    continue
                text = ast.get_docstring(statement) or ""
                if "property" in decorators:
                    returns = f": {ast.unparse(statement.returns)}" if statement.returns else ""
                    found.append({"name": statement.name, "code": statement.name + returns, "text": text})
                else:
                    found.append({"name": statement.name, "code": signature(statement, True), "text": text})
    return found


def of_class(own: ast.ClassDef) -> dict[str, object]:
    text, code = ast.get_docstring(own) or "", f"class {own.name}"
    for statement in own.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            code += signature(statement, True)
            text = f"{text}\n\n{ast.get_docstring(statement) or ''}".strip()
    bases = [ast.unparse(base) for base in own.bases]
    return {"name": own.name, "code": code, "text": text, "bases": bases, "members": members(own)}


def name_of(path: pathlib.Path) -> str:
    """As it is imported, from the package on; empty for the package itself."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def module(path: pathlib.Path) -> dict[str, object]:
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    items: list[dict[str, object]] = []
    reexports: dict[str, str] = {}
    for at, statement in enumerate(tree.body):
        match statement:
            case ast.ClassDef() if is_public(statement.name):
                items.append(of_class(statement))
            case ast.FunctionDef() | ast.AsyncFunctionDef() if is_public(statement.name):
                text = ast.get_docstring(statement) or ""
                code = signature(statement, False)
                items.append({"name": statement.name, "code": code, "text": text, "bases": [], "members": []})
            case ast.AnnAssign(target=ast.Name(id=name)) if is_public(name):
                text = text_after(tree.body, at)
                items.append({"name": name, "code": ast.unparse(statement), "text": text, "bases": [], "members": []})
            case ast.ImportFrom(module=str(source), names=names, level=1):
                start = name_of(path.parent / "__init__")
                whole = f"{start}.{source}" if start else source
                reexports.update({name.asname or name.name: whole for name in names})
    return {
        "name": name_of(path),
        "text": ast.get_docstring(tree) or "",
        "items": items,
        "reexports": reexports if path.stem == "__init__" else {},
    }


def is_shown(name: str) -> bool:
    return all(map(is_public, name.split(".")))


def with_hidden(own: dict, modules: dict[str, dict]) -> dict[str, object]:
    """A module with what it offers of modules that are not shown themselves."""
    for name, source in own["reexports"].items():
        if is_public(name) and not is_shown(source):
            own["items"] += [item for item in modules[source]["items"] if item["name"] == name]
    return own


package = pathlib.Path(sys.argv[1])
found = {name_of(path): path for pattern in ("*.py", "*.pyi") for path in package.rglob(pattern)}
modules = {name: module(path) for name, path in sorted(found.items())}
json.dump([with_hidden(own, modules) for name, own in modules.items() if is_shown(name)], sys.stdout)
