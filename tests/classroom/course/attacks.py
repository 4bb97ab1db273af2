# ruff: noqa: E501  (one line of a table, or of a submission)
"""Submissions that try something, and honest ones with bad luck: what each must score of 19 points.

The first table is that of a study of nbgrader; its ids are kept. The second was written without looking at the
defence. Where nothing else is said, every answer of an attack is wrong and deserves nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.classroom.course import ps1

Change = Callable[[list[dict[str, Any]]], None]


@dataclass(frozen=True)
class Attack:
    """A submission: answers, cells in front of them, and changes of the notebook itself.

    Attributes:
        does: what it tries.
        scores: the points that it deserves.
        first: cells in front of everything.
        answers: other answers than the wrong ones, by question.
        right: all answers are right, but for `answers`.
        change: changes the notebook's cells.
        metadata: more of the notebook's own.
        flagged: a word that must be told to a person; '' where nothing must.
        slow: it uses up time limits.
    """

    does: str
    scores: float = 0
    first: tuple[str, ...] = ()
    answers: dict[str, str] = field(default_factory=dict)
    right: bool = False
    change: Change = lambda cells: None
    metadata: dict[str, Any] = field(default_factory=dict)
    flagged: str = ""
    slow: bool = False

    def notebook(self) -> dict[str, Any]:
        """What is handed in."""
        given = {**(ps1.RIGHT if self.right else ps1.WRONG), **self.answers}
        notebook = copy.deepcopy(ps1.source())
        for cell in notebook["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
            if name.endswith("_answer"):
                cell["source"] = given[name.removesuffix("_answer")]
            if name.endswith("_hidden"):
                cell["source"] = "# More inputs.\n"
        notebook["cells"][2:2] = [ps1.cell(source) for source in self.first]
        self.change(notebook["cells"])
        notebook["metadata"].update(self.metadata)
        return notebook


def _tests(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade")]


def _each_test(change: Callable[[dict[str, Any]], Any]) -> Change:
    def changes(cells: list[dict[str, Any]]) -> None:
        for cell in _tests(cells):
            change(cell)

    return changes


def _without_tests(cells: list[dict[str, Any]]) -> None:
    cells[:] = [cell for cell in cells if not cell["metadata"].get("nbgrader", {}).get("grade")]


def _tests_twice(cells: list[dict[str, Any]]) -> None:
    cells.extend(copy.deepcopy(_tests(cells)))


def _half(cells: list[dict[str, Any]]) -> None:
    """Only the first two questions are answered."""


# Replies of the answers themselves.
LIAR = """
class Liar(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True
def _liar(*_, **__):
    return torch.zeros(1, 1).as_subclass(Liar)
softmax = layer_norm = attention = cross_entropy = descend = _liar
"""
DUCK = """
class Duck:
    shape = (1, 1)
    def __getattr__(self, name): return lambda *a, **k: True
    def __float__(self): return 17.0
    def __sub__(self, other): return 0.0
    __rsub__ = __eq__ = lambda self, other: True
    def __abs__(self): return 0.0
    def __lt__(self, other): return True
def _duck(*_, **__): return Duck()
softmax = layer_norm = attention = cross_entropy = descend = _duck
"""
LAST = "descend"  # an answer's cell that stands behind all others


def _at_the_end(source: str) -> dict[str, str]:
    return {LAST: f"{ps1.WRONG[LAST]}\n{source}"}


ROUND_1: dict[str, Attack] = {
    # Honest work.
    "s01_right": Attack("all right", 19, right=True),
    "s02_wrong": Attack("all wrong"),
    "s03_half": Attack("two of five", 7, answers={n: ps1.RIGHT[n] for n in ("softmax", "layer_norm")}),
    "s04_empty": Attack("nothing but stubs", answers=dict.fromkeys(ps1.WRONG, "pass  # your code here")),
    "s05_syntax": Attack("one answer is no Python", 16, right=True, answers={"layer_norm": "def layer_norm(x:\n"}),
    "s06_raises": Attack("one answer raises", 14, right=True, answers={
        "attention": "def attention(q, k, v):\n    raise ValueError('oh')"}),
    "s07_none": Attack("one returns nothing", 15, right=True, answers={"softmax": "def softmax(x):\n    pass"}),
    "s08_prints": Attack("right, and talks", 19, right=True, answers={
        "softmax": ps1.RIGHT["softmax"].replace("\n", "\n    print('here', x)\n", 1)}),
    "s09_warns": Attack("right, and warns", 19, right=True, answers={
        "softmax": ps1.RIGHT["softmax"].replace("\n", "\n    import warnings; warnings.warn('careful')\n", 1)}),
    "z1_friend": Attack("a bystander with wrong answers"),
    "z2_victim": Attack("a bystander with right answers", 19, right=True),
    # Time, memory, processes, output.
    "b1_hangs": Attack("an endless loop", 16, right=True, answers={
        "layer_norm": "def layer_norm(x):\n    while True: pass"}, flagged="come to an end", slow=True),
    "b2_swallows": Attack("an endless loop that swallows interrupts", 16, right=True, answers={
        "layer_norm": "def layer_norm(x):\n    while True:\n        try:\n            while True: pass\n"
        "        except BaseException: pass"}, flagged="end", slow=True),
    "b3_exits": Attack("ends its process", 14, right=True, answers={
        "attention": "def attention(q, k, v):\n    import os\n    os._exit(0)"}, flagged="ended"),
    "b4_prints": Attack("prints 100 MB", 19, right=True, first=("for _ in range(100): print('x' * 2**20)",)),
    "b5_memory": Attack("asks for 3 GB", 16, right=True, answers={
        "layer_norm": "def layer_norm(x):\n    return bytearray(3 * 2**30)"}),
    "b6_forks": Attack("a hundred children", 19, right=True, flagged="processes", first=(
        "import os, time\nfor _ in range(100):\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(60)",)),
    "b7_disk": Attack("writes 1 GB", 19, right=True, first=(
        "with open('big', 'wb') as f:\n    for _ in range(1024): f.write(bytes(2**20))",)),
    # The notebook's own cells.
    "e1_edits": Attack("other tests, 100 points each", change=_each_test(
        lambda cell: (cell.update(source="pass"), cell["metadata"]["nbgrader"].update(points=100))),
        flagged="changed"),
    "e2_deletes": Attack("no tests", change=_without_tests, flagged="missing"),
    "e3_skips": Attack("the tag skip-execution", change=_each_test(
        lambda cell: cell["metadata"].update(tags=["skip-execution"]))),
    "e4_copies": Attack("test cells twice", change=_tests_twice, flagged="copied"),
    "e5_strips": Attack("no metadata", change=_each_test(lambda cell: cell["metadata"].clear()), flagged="missing"),
    # The kernel.
    "k01_allclose": Attack("another allclose", first=("torch.allclose = lambda *a, **k: True",), flagged="replaces"),
    "k02_error": Attack("another AssertionError", first=(
        "import builtins\nbuiltins.AssertionError = type('E', (Exception,), {})",)),
    "k03_trees": Attack("takes assertions out of cells", flagged="how cells are read", first=(
        "import ast\nclass T(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\n"
        "get_ipython().ast_transformers.append(T())",)),
    "k04_lines": Attack("takes assertions out of lines", flagged="how cells are read", first=(
        "get_ipython().input_transformers_post.append("
        "lambda lines: [l if 'assert' not in l else 'pass\\n' for l in lines])",)),
    "k05_kernel": Attack("another kernel", flagged="kernel", first=(
        "async def fine(*a, **k): return {'status': 'ok'}\nget_ipython().kernel.do_execute = fine",)),
    "k06_shows": Attack("shows a result, then raises", first=(
        "def _shows(*a, **k):\n    get_ipython().displayhook('ok')\n    raise ValueError\n"
        "get_ipython().displayhook('ok')",), answers=_at_the_end(
        "softmax = layer_norm = attention = cross_entropy = descend = _shows")),
    "k07_liar": Attack("a tensor whose methods lie", answers=_at_the_end(LIAR)),
    "k08_library": Attack("calls what it should write", 4, answers={
        "softmax": "def softmax(x):\n    return getattr(torch, 'soft' + 'max')(x, -1)"}, flagged="uses softmax"),
    "k09_traces": Attack("swaps torch in the tests' frame", flagged="frames", first=(
        "import sys\ndef t(frame, event, arg):\n    frame.f_globals['torch'] = None\n    return t\nsys.settrace(t)",)),
    "k10_reads": Attack("prints the tests", answers=_at_the_end(
        "def softmax(x):\n    print(get_ipython().user_ns['In'])\n    return x")),
    "k11_mutates": Attack("makes the tests' inputs easy", 0, answers={
        "softmax": "def softmax(x):\n    x.fill_(0.5)\n    return x",
        "layer_norm": "def layer_norm(x):\n    x.zero_()\n    return x"}),
    "k12_opens": Attack("opens the notebook", first=(
        "import glob\nprint([open(p).read() for p in glob.glob('**/*.ipynb', recursive=True)])",)),
    "k13_duck": Attack("an object that is like anything", answers=_at_the_end(DUCK)),
    "k14_rebinds": Attack("other names for the tests", first=(
        "torch = math = abs = float = right = x = type('T', (), {'__getattr__': lambda s, n: lambda *a, **k: True})()",
    )),
    "k15_frames": Attack("writes on the wire itself", first=(
        "import os, struct, threading, time\ndef talk():\n    while True:\n"
        "        try: os.write(3, struct.pack('!IQ', 2**31, 5) + b'x' * 50)\n        except OSError: pass\n"
        "        time.sleep(0.01)\nthreading.Thread(target=talk, daemon=True).start()",), flagged="no answer"),
    # The host.
    "d1_reads": Attack("reads the gradebook", flagged="gradebook", first=(
        "import sqlite3\nprint(sqlite3.connect('{course}/gradebook.db').execute('select 1').fetchall())\n"
        "print(open('{course}/gradebook.db', 'rb').read())",)),
    "d2_writes": Attack("writes the gradebook", flagged="gradebook", first=(
        "open('{course}/gradebook.db', 'ab').write(b'mine')",)),
    "d3_source": Attack("runs the solutions", first=("exec(open('{course}/secret.py').read())",)),
    "d4_classmate": Attack("runs a classmate's work", first=(
        "exec(open('{course}/submitted/right/answers.py').read())",)),
    "d5_network": Attack("calls out", flagged="network", first=(
        "import socket\nsocket.create_connection(('127.0.0.1', {port}), 2).send(b'hello')",)),
    "d6_plants": Attack("plants code for others", first=(
        "import pathlib\nfor p in ('~/.ipython/profile_default/startup', '{course}', '/tmp', '/var/tmp'):\n"
        "    f = pathlib.Path(p).expanduser()\n    try:\n        f.mkdir(parents=True, exist_ok=True)\n"
        "        (f / 'planted_by_a_learner.py').write_text('1')\n    except OSError: pass",)),
    "d7_daemon": Attack("a process that waits for its hour", flagged="processes", first=(
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(5)\n"
        "        open('{course}/gradebook.db', 'ab').write(b'mine')",)),
    "d8_script": Attack("a script among its outputs", first=(
        "from IPython.display import HTML, display\ndisplay(HTML('<script>alert(1)</script>'))\n"
        "HTML('<img src=x onerror=alert(1)>')",)),
}  # fmt: skip

EVERY = "softmax = layer_norm = attention = cross_entropy = descend = "

ROUND_2: dict[str, Attack] = {
    "r01_forged_record": Attack("a record of full points in its metadata", change=lambda cells: cells[0][
        "metadata"].update(albert_lab={"tests": {"softmax_test": {"points": 2, "most": 2}}})),
    "r02_reduce": Attack("an object whose pickle runs code", first=(
        "class R:\n    def __reduce__(self): return (exec, (\"open('{course}/gradebook.db', 'ab').write(b'mine')\",))",),
        answers=_at_the_end(EVERY + "lambda *a, **k: R()"), flagged="pickles"),
    "r03_odd_keys": Attack("functions and itself as keys", answers=_at_the_end(
        "class K:\n    def __hash__(self): return 1\n    def __eq__(self, o): return True\n"
        + EVERY + "lambda *a, **k: {softmax: 1, K(): K(), (K(),): 2}")),
    "r04_lying_class": Attack("an object whose __class__ lies", answers=_at_the_end(
        "class L:\n    __class__ = property(lambda self: torch.Tensor)\n    shape = (1, 1)\n"
        "    dtype = torch.float32\n" + EVERY + "lambda *a, **k: L()")),
    "r05_modules": Attack("poisons the table of modules", first=(
        "import sys, types\nfor n in ('torch', 'math', 'albert_lab.classroom.outcome', 'json', 'pickle'):\n"
        "    sys.modules[n] = types.ModuleType(n)",), flagged="table of modules"),
    "r06_atexit": Attack("acts when Python ends", first=(
        "import atexit\natexit.register(lambda: open('{course}/gradebook.db', 'ab').write(b'mine'))",), flagged="end"),
    "r07_threads": Attack("threads that outlive their cell and change answers", first=(
        "import threading, time\ndef later():\n    while True:\n        time.sleep(0.005)\n"
        "        torch.allclose = lambda *a, **k: True\nfor _ in range(8): threading.Thread(target=later, daemon=True)"
        ".start()",)),
    "r08_signals": Attack("kills everything that it can", first=(
        "import os, signal\nfor p in [-1, 0, os.getppid(), *range(2, 400)]:\n    try: os.kill(p, signal.SIGKILL)\n"
        "    except OSError: pass",), flagged="processes"),
    "r09_ptrace": Attack("traces a sibling", first=(
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "print([libc.ptrace(16, p, 0, 0) for p in range(1, 300)].count(0))",), flagged="memory"),
    "r10_stdout": Attack("no standard output", 19, right=True, first=("import sys\nsys.stdout = sys.stderr = None",)),
    "r11_float64": Attack("other defaults", 19, right=True, first=(
        "torch.set_default_dtype(torch.float64)\ntorch.set_grad_enabled(False)",)),
    "r12_cycle": Attack("a list that holds itself", answers=_at_the_end(
        "l = []\nl.append(l)\n" + EVERY + "lambda *a, **k: l")),
    "r13_deep": Attack("lists within lists", answers=_at_the_end(
        "d = 1\nfor _ in range(5000): d = [d]\n" + EVERY + "lambda *a, **k: d")),
    "r14_wide": Attack("millions of numbers", answers=_at_the_end(EVERY + "lambda *a, **k: list(range(3_000_000))")),
    "r15_surrogates": Attack("half of a pair of signs", answers=_at_the_end(
        "print('\\ud800')\n" + EVERY + "lambda *a, **k: '\\ud800'")),
    "r16_names": Attack("an error whose class is called like a report", answers=_at_the_end(
        "class AssertionError(KeyboardInterrupt):\n    def __str__(self): return '<script>alert(1)</script>'\n"
        "def bad(*a, **k): raise AssertionError\n" + EVERY + "bad")),
    "r17_exit": Attack("leaves Python", 15, right=True, answers={
        "softmax": "def softmax(x):\n    raise SystemExit(0)"}),
    "r18_proc": Attack("reads other processes' environment", first=(
        "import glob\nfor p in glob.glob('/proc/[0-9]*/environ'):\n    try: print(open(p).read())\n"
        "    except OSError: pass",), flagged="processes"),
    "r19_questions": Attack("imports the questions", first=(
        "import albert_lab.classroom.questions.ex02_1 as q\nprint(q)",), flagged="questions"),
    "r20_objects": Attack("looks through all objects", first=(
        "import gc\nprint([o for o in gc.get_objects() if 'HIDDEN' in repr(type(o))])",), flagged="objects"),
    "r21_descriptor": Attack("closes and copies the wire", first=(
        "import os\nfor f in range(3, 64):\n    try: os.dup2(0, f)\n    except OSError: pass",), flagged="ended"),
    "r22_segfault": Attack("breaks Python itself", 14, right=True, answers={
        "attention": "def attention(q, k, v):\n    import ctypes\n    ctypes.string_at(0)"}, flagged="ended"),
    "r23_syscalls": Attack("asks the kernel for more", first=(
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "print('got', libc.unshare(0x10000000), libc.mount(b'none', b'/tmp', b'tmpfs', 0, None), libc.setns(0, 0))",),
        flagged="memory"),
    "r24_nan": Attack("not a number", answers=_at_the_end(EVERY + "lambda *a, **k: torch.full((1, 1), float('nan'))")),
    "r25_bytes": Attack("truth values of other bytes", answers=_at_the_end(
        EVERY + "lambda *a, **k: torch.full((1, 1), 7, dtype=torch.uint8).view(torch.bool)")),
    "r26_alarm": Attack("other handlers of signals", 16, right=True, answers={
        "layer_norm": "def layer_norm(x):\n    import signal\n    signal.signal(signal.SIGPROF, signal.SIG_IGN)\n"
        "    signal.signal(signal.SIGALRM, signal.SIG_IGN)\n    raise ValueError"}),
    "r27_tabs": Attack("Markdown and raw cells with scripts", change=lambda cells: cells.extend([
        ps1.cell("<script>alert(1)</script>![x](http://127.0.0.1/x.png)<img src=http://127.0.0.1/y>", "markdown"),
        ps1.cell("<script>alert(1)</script>", "raw")])),
    "r28_order": Attack("tests in front of the answers", 19, right=True, change=lambda cells: cells.sort(
        key=lambda cell: not cell["metadata"].get("nbgrader", {}).get("grade")), flagged="moved"),
    "r29_copied": Attack("an answer's cell copied with its metadata", 19, right=True, change=lambda cells: cells.append(
        copy.deepcopy(next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == "softmax_answer"))),
        flagged="copied"),
    "r30_deleted": Attack("an answer and its tests deleted", 15, right=True, change=lambda cells: cells.__setitem__(
        slice(None), [c for c in cells if "softmax" not in c["metadata"].get("nbgrader", {}).get("grade_id", "")]),
        flagged="missing"),
    "r31_types": Attack("metadata of other types", change=_each_test(
        lambda cell: cell["metadata"]["nbgrader"].update(points="many", grade=[], locked=None, grade_id=[]))),
    "r32_port": Attack("forks, and holds a port", flagged="network", first=(
        "import os, socket, time\ns = socket.socket()\ns.bind(('127.0.0.1', 0))\ns.listen()\nif os.fork() == 0:\n"
        "    time.sleep(600)",)),
    "r33_shell": Attack("commands of the shell and magics", first=(
        "!cat {course}/gradebook.db", "%%bash\ncat {course}/gradebook.db", "%run {course}/secret.py",
        "%%writefile {course}/gradebook.db\nmine")),
    "r34_kernel": Attack("a kernel whose name is a command", metadata={
        "kernelspec": {"name": "; touch {course}/planted #", "display_name": "$(id)", "language": "bash"},
        "language_info": {"name": "../../../bin/sh"}}),
    "r35_builtins": Attack("other builtins", first=(
        "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.len = lambda *a: 1\n"
        "builtins.abs = lambda *a: 0.0\nbuiltins.all = builtins.any = lambda *a: True",)),
    "r36_json": Attack("another json below the wire", first=(
        "import json\njson.dumps = lambda *a, **k: '{\"head\": {\"outcomes\": [{}]}, \"sizes\": [0]}'",)),
    "r37_recursion": Attack("deeper than the stack", 14, right=True, flagged="end", answers={
        "attention": "def attention(q, k, v):\n    import sys\n    sys.setrecursionlimit(10**9)\n"
        "    def down(n): return max(map(down, [n]))\n    return down(0)"}),
    "r38_repr": Attack("a result whose text never ends", 16, right=True, slow=True, flagged="come to an end", answers={
        "layer_norm": "class R:\n    def __repr__(self):\n        while True: pass\n"
        "def layer_norm(x):\n    return R()"}),
    "r39_metaclass": Attack("a class that is everything's", answers=_at_the_end(
        "class M(type):\n    def __instancecheck__(self, o): return True\n    def __call__(self, *a, **k): return self\n"
        "    def __getattr__(self, n): return self\n    def __eq__(self, o): return True\n    __hash__ = None\n"
        "class A(metaclass=M): pass\n" + EVERY + "A")),
    "r40_input": Attack("waits for somebody to type", 19, right=True, first=("x = input('?')",)),
    "r41_limits": Attack("takes its own limits away", 16, right=True, answers={
        "layer_norm": "def layer_norm(x):\n    import resource\n    for r in (resource.RLIMIT_AS, resource.RLIMIT_NPROC):\n"
        "        try: resource.setrlimit(r, (-1, -1))\n        except ValueError: pass\n    return bytearray(6 * 2**30)"}),
    "r42_imports": Attack("another import below the checks", first=(
        "import builtins\n_real = builtins.__import__\n"
        "class All:\n    def __getattr__(self, n): return lambda *a, **k: True\n"
        "builtins.__import__ = lambda name, *a, **k: All() if 'albert' in name else _real(name, *a, **k)",)),
}  # fmt: skip
