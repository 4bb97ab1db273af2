"""Things in a submission's text that a person should look at; nothing of them costs a point."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable

_REACHES = {
    "classroom.questions": "the questions' own code", "lab.solution": "a solution",
    "classroom.solution": "a solution",
    "sys.modules": "Python's table of modules", "settrace": "other code's frames",
    "_getframe": "other code's frames",
    "gc.get_objects": "all objects of the process", "gc.get_referrers": "all objects of the process",
    "ast_transformers": "how cells are read", "input_transformers": "how cells are read",
    "do_execute": "Jupyter's kernel", "ctypes": "memory", "__code__": "other functions' code",
    "__closure__": "other functions' code", "__globals__": "other functions' code",
    "inspect.getsource": "other code",
    "subprocess": "other programs", "socket": "the network", "urllib": "the network",
    "requests.": "the network",
    "os.environ": "the environment", "gradebook": "the gradebook", "/proc/": "other processes",
    "/etc/": "the system's files", "atexit": "the end of Python", "os.fork": "other processes",
    "os.kill": "other processes", "nbgrader": "nbgrader", "pickle": "pickles",
    "__reduce__": "pickles", "BEGIN HIDDEN TESTS": "hidden tests",
}  # fmt: skip
_REPLACED = re.compile(
    r"^\s*(?:lab|torch|np|builtins|albert_lab|sys|F|nn|math)(?:\.\w+)+\s*=(?!=)|^\s*setattr\(", re.MULTILINE
)


def looked_for(sources: Iterable[str]) -> list[str]:
    """What a learner's cells reach for that no answer needs, in words."""
    text = "\n".join(sources)
    found = [f"reaches for {what} ({sign})" for sign, what in _REACHES.items() if sign in text]
    replaced = sorted({match.group().strip()[:60] for match in _REPLACED.finditer(text)})
    return found + [f"replaces what is not its own ({one} …)" for one in replaced[:3]]


def fingerprint(sources: Iterable[str]) -> str:
    """The same for programs that differ in names, comments and layout alone; '' where there is little."""
    count, hashed = 0, hashlib.sha256()
    for source in sources:
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            hashed.update(b"no Python")
            continue
        names: dict[str, str] = {}
        for node in ast.walk(tree):
            count += 1
            hashed.update(type(node).__name__.encode())
            if isinstance(node, ast.Name):
                hashed.update(names.setdefault(node.id, f"n{len(names)}").encode())
            elif isinstance(node, ast.arg):
                hashed.update(names.setdefault(node.arg, f"n{len(names)}").encode())
            elif isinstance(node, ast.Attribute):
                hashed.update(node.attr.encode())
            elif isinstance(node, ast.Constant):
                hashed.update(repr(node.value).encode("utf-8", "replace"))
    return hashed.hexdigest() if count > 60 else ""
