"""What one file of Python source uses, and what its author wrote beside it; read, never run.

Names are followed through imports (``import numpy as np`` makes ``np.sum`` numpy.sum), and the class of a
value as far as a glance tells: a literal, ``x = Class(...)``, an annotation, a few functions whose result
everyone knows. Of a method whose object stays unknown only the method's name is kept.
"""

from __future__ import annotations

import ast
import builtins
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_BUILTIN = frozenset(name for name in dir(builtins) if not name.startswith("_"))
_LITERALS = {
    ast.JoinedStr: "str", ast.List: "list", ast.ListComp: "list", ast.Dict: "dict", ast.DictComp: "dict",
    ast.Set: "set", ast.SetComp: "set", ast.Tuple: "tuple",
}  # fmt: skip
_RESULTS = {
    "open": "io.TextIOWrapper", "re.compile": "re.Pattern", "re.match": "re.Match", "re.search": "re.Match",
    "re.fullmatch": "re.Match", "logging.getLogger": "logging.Logger", "sorted": "list", "repr": "str",
    "input": "str", "os.path.join": "str", "os.getcwd": "str", "str.split": "list", "str.splitlines": "list",
    "str.join": "str", "str.format": "str", "str.strip": "str", "str.replace": "str", "str.lower": "str",
    "str.upper": "str", "bytes.decode": "str", "str.encode": "bytes", "dict.fromkeys": "dict",
    "datetime.datetime.now": "datetime.datetime", "datetime.datetime.strptime": "datetime.datetime",
    "datetime.date.today": "datetime.date", "pathlib.Path.cwd": "pathlib.Path",
    "sqlite3.connect": "sqlite3.Connection", "numpy.array": "numpy.ndarray", "numpy.asarray": "numpy.ndarray",
    "numpy.zeros": "numpy.ndarray", "numpy.ones": "numpy.ndarray", "numpy.arange": "numpy.ndarray",
    "pandas.read_csv": "pandas.DataFrame", "pandas.concat": "pandas.DataFrame",
}  # fmt: skip
_LOWER_CASE_CLASSES = frozenset(
    ("collections.deque", "collections.defaultdict", "array.array", "datetime.datetime", "datetime.date")
)
_COMMENT = re.compile(r"^\s*#+\s?(.*)$")
_BESIDE = re.compile(r"[^'\"#]*\s#\s?([^'\"]*)$")  # in a line without quotes, so surely a comment
_FOR_TOOLS = re.compile(r"noqa|type: ?ignore|pragma|pylint|mypy|-\*-|isort|fmt: ")
_LONGEST = 300


@dataclass
class FileUse:
    """What one file uses.

    Attributes:
        name: its module.
        used: full names of what it calls or refers to: "shutil.copytree", "str.join", "sys.argv".
        methods: names of methods that it calls on objects of an unknown class.
        comments: comments above or beside a statement, each with what the statement calls; a method of an
            unknown class as ".name".
    """

    name: str
    used: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    comments: list[tuple[str, list[str]]] = field(default_factory=list)


def read_use(name: str, path: str) -> FileUse:
    """Reads one file; whatever is wrong with it raises."""
    with tokenize.open(path) as file:
        code = file.read()
    reader = _Reader(name, Path(path).name == "__init__.py", ast.parse(code), comments_of(code))
    return FileUse(name, sorted(reader.used), sorted(reader.methods), reader.found)


def comments_of(code: str) -> dict[int, str]:
    """Comments by the number of the line of code that they stand above or beside."""
    found: dict[int, str] = {}
    block: list[str] = []
    for number, line in enumerate(code.splitlines(), 1):
        if alone := _COMMENT.match(line):
            block.append(alone.group(1))
            continue
        if "#" in line and (beside := _BESIDE.match(line)):
            block.append(beside.group(1))
        text = " ".join(part.strip() for part in block if not _FOR_TOOLS.search(part))
        if line.strip() and len(text) > 2:
            found[number] = text[:_LONGEST]
        block = []
    return found


class _Reader:
    """Walks through a module statement by statement, and remembers the classes of names as it goes."""

    def __init__(self, module: str, is_package: bool, tree: ast.Module, comments: dict[int, str]) -> None:
        self._module, self._is_package, self._comments = module, is_package, comments
        self.used: set[str] = set()
        self.methods: set[str] = set()
        self.found: list[tuple[str, list[str]]] = []
        self._names: dict[str, str] = {}  # what a name stands for: imports, definitions of the module
        self._classes: list[dict[str, str]] = [{}]  # by scope: name -> its class, "" if unknown
        for node in ast.walk(tree):
            self._import(node)
        for node in tree.body:
            for name in _defined(node):
                self._names.setdefault(name, f"{module}.{name}")
        self._statements(tree.body)

    def _import(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for part in node.names:
                first = part.name.partition(".")[0]
                self._names[part.asname or first] = part.name if part.asname else first
        elif isinstance(node, ast.ImportFrom):
            base = self._origin(node)
            for part in node.names:
                self._names[part.asname or part.name] = f"{base}.{part.name}".lstrip(".")

    def _origin(self, node: ast.ImportFrom) -> str:
        """The module that a `from … import` names, relative ones resolved."""
        if not node.level:
            return node.module or ""
        parts = self._module.split(".")
        parts = parts[: len(parts) - node.level + self._is_package]
        return ".".join([*parts, *filter(None, [node.module])])

    def _statements(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self._definition(node)
            return
        called: list[str] = []
        for part in _expressions(node):
            self._expression(part, called)
        self._bind(node)
        if called and node.lineno in self._comments:
            self.found.append((self._comments[node.lineno], sorted(set(called))))
        for inner in ("body", "orelse", "finalbody"):
            self._statements(getattr(node, inner, []))
        for handler in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
            self._statements(handler.body)

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        scope: dict[str, str] = {}
        outside = [*node.decorator_list]
        if isinstance(node, ast.ClassDef):
            outside += node.bases
        else:
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            scope = {each.arg: self._name(each.annotation) for each in arguments}
            outside += [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        for part in outside:
            self._expression(part, [])
        self._classes.append(scope)
        self._statements(node.body)
        self._classes.pop()

    def _bind(self, node: ast.stmt) -> None:
        """Remember the classes of the names that a statement assigns to."""
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, self._class(node.value))
        elif isinstance(node, ast.AnnAssign):
            self._assign(node.target, self._name(node.annotation))
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self._assign(node.target, "")
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                self._assign(item.optional_vars, self._class(item.context_expr))

    def _assign(self, target: ast.expr | None, kind: str) -> None:
        if isinstance(target, ast.Name) and (kind or len(self._classes) > 1):
            self._classes[-1][target.id] = kind
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and kind:
            self._classes[-2 if len(self._classes) > 1 else -1][f"{target.value.id}.{target.attr}"] = kind
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self._assign(part, "")

    def _expression(self, node: ast.expr, called: list[str]) -> None:
        """Note everything that an expression uses; what it calls also in `called`."""
        if isinstance(node, ast.Call):
            name = self._name(node.func)
            if not name and isinstance(node.func, ast.Attribute):
                self.methods.add(node.func.attr)
                name = f".{node.func.attr}"
            called += [name] * bool(name)
        elif isinstance(node, (ast.Name, ast.Attribute)) and (name := self._name(node)):
            self.used.add(name)
        scoped = isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))
        if scoped:
            self._classes.append(dict.fromkeys(_own_names(node), ""))
        for child in ast.iter_child_nodes(node):
            for part in _parts(child):
                self._expression(part, called)
        if scoped:
            self._classes.pop()

    def _name(self, node: ast.expr | None) -> str:
        """The full name that an expression stands for; "" if it cannot be told."""
        if isinstance(node, ast.Name):
            if any(node.id in scope for scope in self._classes):
                return ""
            return self._names.get(node.id) or (node.id if node.id in _BUILTIN else "")
        if isinstance(node, ast.Attribute):
            owner = self._name(node.value) or self._class(node.value)
            return f"{owner}.{node.attr}" if owner else ""
        return ""

    def _class(self, node: ast.expr) -> str:
        """The class of an expression's value; "" if it cannot be told."""
        if isinstance(node, ast.Constant):
            return type(node.value).__name__ if isinstance(node.value, (str, bytes, int, float)) else ""
        if isinstance(node, ast.Name):
            return self._known(node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return self._known(f"{node.value.id}.{node.attr}")
        if isinstance(node, ast.Call):
            name = self._name(node.func)
            last = name.rpartition(".")[2]
            is_class = last[:1].isupper() or name in _BUILTIN or name in _LOWER_CASE_CLASSES
            return _RESULTS.get(name, name if is_class else "")
        if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Div):
            return self._class(node.left)
        return _LITERALS.get(type(node), "")

    def _known(self, name: str) -> str:
        return next((scope[name] for scope in reversed(self._classes) if name in scope), "")


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _expressions(node: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement itself, not of the statements inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.stmt):
            yield from _parts(child)


def _parts(node: ast.AST) -> Iterator[ast.expr]:
    """A node if it is an expression, else the expressions right below it (keywords, `with` items, loops)."""
    if isinstance(node, ast.expr):
        yield node
    elif not isinstance(node, ast.match_case):
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.stmt):
                yield from _parts(child)


def _own_names(node: ast.expr) -> Iterator[str]:
    """The names that a lambda or a comprehension binds."""
    if isinstance(node, ast.Lambda):
        yield from (each.arg for each in node.args.args)
    else:
        for loop in node.generators:
            yield from (each.id for each in ast.walk(loop.target) if isinstance(each, ast.Name))
