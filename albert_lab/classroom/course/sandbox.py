"""Walls around one process that runs a learner's code: what it may see, use and reach.

Two kinds, the stronger first; each is tried before it is counted on.

``namespaces``: a file system of its own with Python and this package only, no network, no other
processes in sight. Needs root, or the right to make user namespaces.
``landlock``: the kernel refuses files outside of Python and this package; processes are seen and cannot be
reached.
Both: limits on memory, processor time, file size and threads; a filter of system calls (seccomp) without
sockets, new processes, signals to others, tracing. See landlock(7), namespaces(7), seccomp(2), setrlimit(2).
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import shutil
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2]
LEVELS = ("namespaces", "landlock", "none")
SECRETS = (PACKAGE / "classroom" / "questions",)

_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = (
    0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = (
    1, 2, 4, 8, 32, 4096, 16384, 1 << 18,
)  # fmt: skip
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_DROP = 1, 4, 22, 24
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 36, 38
_LANDLOCK = (444, 445, 446)  # the same on all machines


@dataclass(frozen=True)
class Limits:
    """What one worker may use.

    Attributes:
        memory: bytes of address space beyond what the warm parent has.
        seconds: of processor time, all cells and calls together.
        file: bytes of one file.
        disk: bytes of all files together, in ``namespaces``.
        threads: at once.
    """

    memory: int = 2 * 2**30
    seconds: int = 120
    file: int = 32 * 2**20
    disk: int = 64 * 2**20
    threads: int = 64


class SandboxError(OSError):
    """A wall could not be put up."""


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise SandboxError(number, f"{what}: {os.strerror(number)}")
    return result


def _prctl(*arguments: int) -> None:
    _check(_libc().prctl(*map(ctypes.c_ulong, arguments)), f"prctl {arguments[0]}")


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the process that made it ends."""
    _prctl(_PR_SET_PDEATHSIG, 9)


def adopt_orphans() -> None:
    """Become the parent of what this process's children leave behind, so that it can wait for them."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def wait_for_all() -> None:
    """Wait until no child, and no orphan of one, is left."""
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


# What is there to be read.


def readable() -> list[Path]:
    """Folders that Python and this package need; nothing of a course is among them."""
    wanted = [Path(one) for one in ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin")]
    wanted += [Path("/etc/ld.so.cache"), Path("/etc/localtime"), Path("/etc/fonts")]
    wanted += [Path(sys.prefix), Path(sys.base_prefix), PACKAGE]
    wanted += [Path(one) for one in sys.path if one and Path(one) != PACKAGE.parent]
    found: list[Path] = []
    for path in wanted:
        if path.exists() and path != Path("/") and not any(path.is_relative_to(one) for one in found):
            found.append(path)
    return found


def _without(paths: Iterable[Path], hidden: Iterable[Path]) -> list[Path]:
    """The same folders, cut so that none of the hidden ones is below them."""
    hidden, found = list(hidden), []
    for path in paths:
        inner = [one for one in hidden if one.is_relative_to(path)]
        if any(path.is_relative_to(one) for one in hidden):
            continue
        if not inner:
            found.append(path)
            continue
        with suppress(OSError):
            found += _without(sorted(path.iterdir()), inner)
    return found


# Namespaces. The warm parent moves into a small file system once; each worker gets folders of its own in it.


def _mount(
    source: str | None, target: str | Path, kind: str | None, flags: int, data: str | None = None
) -> None:
    given = [None if one is None else str(one).encode() for one in (source, target, kind)]
    options = None if data is None else data.encode()
    _check(_libc().mount(*given, ctypes.c_ulong(flags), options), f"mount {target}")


def _unshare(flags: int) -> None:
    _check(_libc().unshare(ctypes.c_int(flags)), "unshare")


def _pivot(new: str, old: str) -> None:
    number = {"x86_64": 155, "aarch64": 41}[platform.machine()]
    _check(_libc().syscall(ctypes.c_long(number), new.encode(), old.encode()), "pivot_root")


def enter_small_world(hidden: Iterable[Path]) -> None:
    """Move this process into a file system that holds `readable()` and empty folders, and no network.

    Raises:
        SandboxError: the kernel does not allow it.
    """
    show, hide = readable(), [*SECRETS, *hidden]
    try:
        _unshare(_NEWNS)
    except SandboxError:
        _become_root_of_nothing()
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    base = "/tmp"
    _mount("tmpfs", base, "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=755,size=16m")
    for name in ("old", "new"):
        Path(base, name).mkdir()
    _pivot(base, f"{base}/old")
    os.chdir("/")
    for path in show:
        _show(path)
    for path in hide:
        place = Path(f"/new{path}")
        if place.is_dir():
            _mount("tmpfs", place, "tmpfs", _MS_NOSUID | _MS_NODEV | _MS_RDONLY, "mode=755,size=4k")
    for name in ("tmp", "proc", "dev", "home"):
        Path("/new", name).mkdir(exist_ok=True)
    for name in ("null", "zero", "random", "urandom"):
        _bind(f"/old/dev/{name}", f"/new/dev/{name}")
    Path("/new/dev/shm").mkdir()
    with suppress(SandboxError):  # a new /proc may only be mounted where one is seen
        _mount("/old/proc", "/new/proc", None, _MS_BIND | _MS_REC)
    _mount("/new", "/new", None, _MS_BIND | _MS_REC)
    os.chdir("/new")
    _pivot(".", ".")
    _check(_libc().umount2(b".", 2), "umount")
    os.chdir("/")


def _become_root_of_nothing() -> None:
    """A user namespace, in which an ordinary user may mount; outside of it nothing is gained."""
    user, group = os.getuid(), os.getgid()
    _unshare(_NEWUSER | _NEWNS)
    with suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")


def _show(path: Path) -> None:
    """One folder or file of the old world, in its place, for reading."""
    old, new = Path(f"/old{path}"), Path(f"/new{path}")
    if new.exists():
        return
    if old.is_symlink():
        new.parent.mkdir(parents=True, exist_ok=True)
        new.symlink_to(old.readlink())
        return
    _bind(str(old), str(new))
    flags = _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV
    _mount(None, new, None, flags | (os.statvfs(new).f_flag & _MS_NOEXEC))


def _bind(old: str, new: str) -> None:
    place = Path(new)
    place.parent.mkdir(parents=True, exist_ok=True)
    if Path(old).is_dir():
        place.mkdir(exist_ok=True)
    else:
        place.touch()
    try:
        _mount(old, new, None, _MS_BIND)
    except SandboxError:  # in a user namespace, what is mounted below must come along
        _mount(old, new, None, _MS_BIND | _MS_REC)


def first_of_its_own() -> None:
    """Go on as the first of processes that see no others; the one that called this waits, and ends with it.

    When either is killed, so is everything that the other started.
    """
    die_with_parent()
    _unshare(_NEWPID)
    child = os.fork()
    if child:
        os.closerange(0, 65536)
        os.waitpid(child, 0)
        os._exit(0)
    die_with_parent()


def own_folders(limits: Limits) -> None:
    """In a worker: mounts, network and names of its own, and fresh folders to write to."""
    _unshare(_NEWNS | _NEWNET | _NEWIPC | _NEWUTS)
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    plain = _MS_NOSUID | _MS_NODEV
    try:
        _mount("proc", "/proc", "proc", plain | _MS_NOEXEC, "hidepid=2")
    except SandboxError:
        _mount("tmpfs", "/proc", "tmpfs", plain | _MS_RDONLY, "size=4k")
    _mount("tmpfs", "/tmp", "tmpfs", plain, f"mode=1777,size={limits.disk},nr_inodes=4096")
    _mount("tmpfs", "/dev/shm", "tmpfs", plain, "mode=1777,size=1m,nr_inodes=64")
    _mount(None, "/", None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | plain)
    os.chdir("/tmp")


# Landlock.


def landlock_version() -> int:
    """The kernel's version of Landlock; 0 where there is none."""
    return max(0, _libc().syscall(ctypes.c_long(_LANDLOCK[0]), None, ctypes.c_size_t(0), ctypes.c_uint32(1)))


def only_files(paths: Iterable[Path], writable: Path) -> None:
    """From now on this process reads files below ``paths``, writes below ``writable``, and opens no others.

    Raises:
        SandboxError: the kernel has no Landlock.
    """
    libc, version = _libc(), landlock_version()
    if version < 1:
        raise SandboxError(38, "Landlock is not there")
    everything = (1 << {1: 13, 2: 14}.get(version, 15 if version < 5 else 16)) - 1
    network = 3 if version >= 4 else 0
    scoped = 3 if version >= 6 else 0
    rules = struct.pack("QQQ", everything, network, scoped)[: 8 if version < 4 else 16 if version < 6 else 24]
    made = libc.syscall(ctypes.c_long(_LANDLOCK[0]), rules, ctypes.c_size_t(len(rules)), ctypes.c_uint32(0))
    _check(made, "landlock_create_ruleset")
    read = (1 << 2) | (1 << 3)  # files and folders
    wanted = [(path, read) for path in paths] + [
        (writable, everything & ~1 & ~((1 << 6) | (1 << 10) | (1 << 11)))
    ]
    wanted += [(Path(f"/dev/{name}"), 1 << 2) for name in ("null", "zero", "random", "urandom")]
    wanted += [(Path("/dev/null"), (1 << 1) | (1 << 2))]
    for path, rights in wanted:
        with suppress(FileNotFoundError):
            handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
            of_files = (1 << 0) | (1 << 1) | (1 << 2) | (1 << 14) | (1 << 15)
            own = rights if path.is_dir() else rights & of_files & everything
            rule = struct.pack("=Qi", own, handle)
            done = libc.syscall(ctypes.c_long(_LANDLOCK[1]), made, ctypes.c_int(1), rule, ctypes.c_uint32(0))
            os.close(handle)
            _check(done, f"landlock_add_rule {path}")
    _check(libc.syscall(ctypes.c_long(_LANDLOCK[2]), made, ctypes.c_uint32(0)), "landlock_restrict_self")
    os.close(made)


# Limits, rights, system calls.


def set_limits(limits: Limits) -> None:
    """The limits of this process and of all that it might start."""
    have = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    bounds = {
        resource.RLIMIT_AS: have + limits.memory,
        resource.RLIMIT_CPU: limits.seconds,
        resource.RLIMIT_FSIZE: limits.file,
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 65536,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_STACK: 64 * 2**20,
    }
    for kind, most in bounds.items():
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def limit_threads(limits: Limits) -> None:
    """How many threads this process's user may have, besides those that the user has already."""
    own = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            own += len(list((folder / "task").iterdir())) if folder.stat().st_uid == os.getuid() else 0
    resource.setrlimit(resource.RLIMIT_NPROC, (own + limits.threads,) * 2)


def give_up_rights(user: int | None) -> None:
    """Become ``user``, if one is given, and without any of root's rights, for good."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for right in range(64):
        if _libc().prctl(*map(ctypes.c_ulong, (_PR_CAPBSET_DROP, right, 0, 0, 0))) < 0:
            break
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    head = struct.pack("=Ii", 0x20080522, 0)
    _check(_libc().capset(head, bytes(24)), "capset")
    _prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


_CALLS = {  # numbers of system calls: x86_64, aarch64; None where it is not there
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "bpf": (321, 280),
    "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "perf_event_open": (298, 241), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97), "setns": (308, 268),
    "kexec_load": (246, 104), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsmount": (432, 432), "mount_setattr": (442, 442),
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201), "accept": (43, 202),
    "accept4": (288, 242), "sendmsg": (46, 211), "sendmmsg": (307, 269), "execve": (59, 221),
    "execveat": (322, 281), "fork": (57, None), "vfork": (58, None), "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424), "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196),
    "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180), "setpriority": (141, 140),
    "sched_setscheduler": (144, 119), "sched_setattr": (314, 274), "setsid": (112, 157), "mknod": (133, None),
    "mknodat": (259, 33), "quotactl": (179, 60), "syslog": (103, 116), "personality": (135, 92),
    "swapon": (167, 224), "reboot": (169, 142), "sethostname": (170, 161), "acct": (163, 89),
    "fanotify_init": (300, 262), "inotify_init1": (294, 26), "landlock_create_ruleset": (444, 444),
}  # fmt: skip
_CLONE, _CLONE3 = (56, 220), (435, 435)
_KILL, _TGKILL, _PRLIMIT = (62, 129), (234, 131), (302, 261)
_SENDTO = (44, 206)
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def filter_calls() -> None:
    """From now on the kernel refuses system calls that a learner's answer has no use for.

    Raises:
        SandboxError: this kind of machine is not known, or the kernel has no seccomp.
    """
    if platform.machine() not in _MACHINES:
        raise SandboxError(38, f"the system calls of {platform.machine()} are not known")
    which, machine = _MACHINES[platform.machine()]
    allow, refuse, unknown = 0x7FFF0000, 0x00050000 | 1, 0x00050000 | 38
    own = os.getpid()

    def load(place: int) -> tuple[int, int, int, int]:
        return (0x20, 0, 0, place)

    def equal(value: int, yes: int, no: int) -> tuple[int, int, int, int]:
        return (0x15, yes, no, value & 0xFFFFFFFF)

    def end(value: int) -> tuple[int, int, int, int]:
        return (0x06, 0, 0, value)

    low = [16 + 8 * i for i in range(6)]  # where the arguments stand
    code = [load(4), equal(machine, 1, 0), end(0x80000000), load(0)]
    if which == 0:
        code += [(0x35, 0, 1, 0x40000000), end(refuse)]  # another way to number them
    for numbers in _CALLS.values():
        if numbers[which] is not None:
            code += [equal(numbers[which], 0, 1), end(refuse)]
    code += [equal(_CLONE3[which], 0, 1), end(unknown)]  # then libraries use clone, whose flags can be read
    thread = (0x45, 1, 0, 0x10000)
    code += [equal(_CLONE[which], 0, 4), load(low[0]), thread, end(refuse), end(allow)]
    for numbers in (_KILL, _TGKILL):
        code += [equal(numbers[which], 0, 4), load(low[0]), equal(own, 1, 0), end(refuse), end(allow)]
    code += [
        equal(_PRLIMIT[which], 0, 5), load(low[0]), equal(0, 2, 0), equal(own, 1, 0), end(refuse), end(allow),
    ]  # fmt: skip
    code += [equal(_SENDTO[which], 0, 6), load(low[4]), equal(0, 0, 3), load(low[4] + 4), equal(0, 0, 1)]
    code += [end(allow), end(refuse), end(allow)]
    program = b"".join(struct.pack("=HBBI", *step) for step in code)
    kept = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    given = Program(len(code), ctypes.addressof(kept))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    result = _libc().prctl(
        _PR_SET_SECCOMP, ctypes.c_ulong(2), ctypes.byref(given), ctypes.c_ulong(0), ctypes.c_ulong(0)
    )
    _check(result, "seccomp")


def close_in(
    level: str, limits: Limits, hidden: Iterable[Path], folder: Path | None, user: int | None
) -> None:
    """In a worker that was just forked: put up the walls of a level. There is no way back.

    Args:
        level: ``"namespaces"`` or ``"landlock"``; in the former the parent is in its small world already.
        hidden: what must not be read, though it stands below a folder that may be.
        folder: for ``landlock``, the only folder to write to.
        user: for root, whom to become; None to stay who this is.
    """
    if user is None:
        limit_threads(limits)
    else:
        resource.setrlimit(resource.RLIMIT_NPROC, (limits.threads,) * 2)
    set_limits(limits)
    if level == "namespaces":
        own_folders(limits)
    elif folder is not None:
        os.chdir(folder)
        _prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        only_files(_without(readable(), [*SECRETS, *hidden]), folder)
    give_up_rights(user)
    die_with_parent()
    filter_calls()


def clean_up(folder: Path) -> None:
    """Remove a worker's folder, whatever it left in it."""
    shutil.rmtree(folder, ignore_errors=True)
