"""Source text of the small functions that generated code contains.

A generated file must stand on its own: Numba does not notice when an imported module changes. The
helper functions are therefore written as ordinary modules, checked like all other code, and the
definitions that a kernel needs are copied into its file as text, with everything they need
themselves. The modules are read, not imported, so that showing a kernel's source loads no Numba.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

__all__ = ["SnippetLibrary", "snippet_library"]

# The modules whose definitions may be copied, in the order in which they appear in a file.
MODULES = ("primitives.py", "complex_functions.py")


@dataclass(frozen=True, slots=True)
class Snippet:
    """One top-level definition: its text and the names it refers to."""

    text: str
    needs: frozenset[str]


@dataclass(frozen=True, slots=True)
class SnippetLibrary:
    """Definitions and imports by name, in the order of their modules.

    Parameters
    ----------
    snippets : dict of str to Snippet
        Every top-level function, class or assignment.
    imports : dict of str to str
        From an imported name to the statement that imports it.
    """

    snippets: dict[str, Snippet]
    imports: dict[str, str]

    def text(self, names: Iterable[str]) -> str:
        """Return imports and definitions for `names` and all that these need.

        Parameters
        ----------
        names : iterable of str
            Names of snippets or of imported objects.

        Returns
        -------
        str
            Python text, the same for the same set of names.

        Raises
        ------
        KeyError
            If a name is neither defined nor imported by any of the modules.
        """
        needed: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in needed:
                continue
            if name not in self.snippets and name not in self.imports:
                raise KeyError(name)
            needed.add(name)
            if name in self.snippets:
                waiting.extend(self.snippets[name].needs)
        imports = sorted({self.imports[name] for name in needed if name in self.imports})
        bodies = [snippet.text for name, snippet in self.snippets.items() if name in needed]
        return "\n\n\n".join([*(["\n".join(imports)] if imports else []), *bodies])

    def __contains__(self, name: str) -> bool:
        return name in self.snippets or name in self.imports


@cache
def snippet_library() -> SnippetLibrary:
    """Return the library of all helper modules, read once a process."""
    snippets: dict[str, Snippet] = {}
    imports: dict[str, str] = {}
    found: list[tuple[str, str, frozenset[str]]] = []
    for module in MODULES:
        text = resources.files("symnum.compiler").joinpath(module).read_text(encoding="utf-8")
        for statement in ast.parse(text).body:
            if isinstance(statement, ast.ImportFrom | ast.Import):
                imports.update(_imports(statement))
            elif (name := _defined_name(statement)) is not None:
                bare = _bare(statement)
                found.append((name, ast.unparse(bare), _names(bare)))
    local = {name for name, _, _ in found}
    for name, source, used in found:
        if name in snippets:
            raise ValueError(f"two snippets are called {name!r}")
        snippets[name] = Snippet(source, frozenset(used & (local | imports.keys()) - {name}))
    return SnippetLibrary(snippets, imports)


def _imports(statement: ast.ImportFrom | ast.Import) -> dict[str, str]:
    """One statement for each imported name, so that only what is used is copied."""
    if isinstance(statement, ast.Import):
        return {alias.asname or alias.name: _import_text("", alias) for alias in statement.names}
    # What a module takes from its own package is text of the library already.
    if statement.module == "__future__" or (statement.module or "").startswith("symnum"):
        return {}
    prefix = f"from {statement.module} "
    return {alias.asname or alias.name: _import_text(prefix, alias) for alias in statement.names}


def _import_text(prefix: str, alias: ast.alias) -> str:
    renamed = f" as {alias.asname}" if alias.asname else ""
    return f"{prefix}import {alias.name}{renamed}"


def _defined_name(statement: ast.stmt) -> str | None:
    match statement:
        case ast.FunctionDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return None if name in ("__all__", "Decorator") else name
        case _:
            return None


def _names(statement: ast.stmt) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(statement) if isinstance(node, ast.Name))


def _bare(statement: ast.stmt) -> ast.stmt:
    """Drop annotations and docstrings: a kernel's file needs neither."""
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        assignment = ast.Assign([statement.target], statement.value)
        return ast.copy_location(assignment, statement)
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            for argument in node.args.args:
                argument.annotation = None
            if ast.get_docstring(node) is not None:
                node.body = node.body[1:]
    return statement
