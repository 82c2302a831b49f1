"""A world of its own for a zygote: namespaces, a minimal root, no way back.

Runs in the zygote, at its start. The per-program part (another pid, mount and ipc namespace, a private /tmp) is in `child.py`.
"""

import os
import sysconfig
from contextlib import suppress
from pathlib import Path

from verifiers.sandbox.syscalls import call

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000

NOSUID, NODEV, NOEXEC = 2, 4, 8
_BIND, _REC, _PRIVATE = 4096, 16384, 1 << 18
_DETACH = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_ATTR_READ_ONLY_NOSUID_NODEV = 1 | 2 | 4

SCRATCH = "/box/tmp"
"""Where a child's private folder is mounted; /tmp points to it. A folder of its own, because a landlock rule on a mount point
is not asked for what is mounted there, only one on its parent is."""
DEVICES = {"null": (1, 3), "zero": (1, 5), "urandom": (1, 9), "random": (1, 8)}


def own_user() -> None:
    """Enter a user namespace in which this user is root. Raises OSError where the kernel forbids it."""
    uid, gid = os.getuid(), os.getgid()
    call("unshare", NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"0 {gid} 1")


def readable(path: tuple[str, ...]) -> list[str]:
    """Return what a program may read: the interpreter, its libraries and `path`."""
    library = Path(sysconfig.get_path("stdlib"))
    platform = Path(sysconfig.get_path("platstdlib"))
    # LIBDIR holds libpython where the interpreter is built as a shared library.
    libdir = Path(str(sysconfig.get_config_var("LIBDIR") or library))
    folders = {library, platform, libdir, Path("/usr/lib"), Path("/usr/lib64"), Path("/lib"), Path("/lib64")}
    folders |= {Path("/usr/share/zoneinfo"), *map(Path, path)}
    real = sorted({folder.resolve() for folder in folders if folder.is_dir()})
    outer = [one for one in real if not any(other in one.parents for other in real)]
    return [str(one) for one in outer]


def minimal_root(path: tuple[str, ...]) -> None:
    """Make a read-only root with the interpreter, its libraries and a few devices, and pivot into it. Raises OSError.

    No /proc, /sys, /home nor anything of the machine's /tmp is in it.
    """
    call("mount", None, b"/", None, _REC | _PRIVATE, None)
    root = "/tmp"  # any folder that is there: the new root hides it, and is then the root
    sources = {folder: os.open(folder, os.O_PATH | os.O_CLOEXEC) for folder in readable(path)}
    call("mount", b"tmpfs", root.encode(), b"tmpfs", NOSUID, b"size=4m,mode=755")
    for folder, source in sources.items():
        _bind(f"/proc/self/fd/{source}", root + folder)
        _read_only(root + folder)
        os.close(source)
    for name in ("lib", "lib64", "bin"):
        link = Path("/") / name
        if link.is_symlink() and not Path(f"{root}/{name}").exists():
            Path(f"{root}/{name}").symlink_to(link.readlink())
    _copy("/etc/ld.so.cache", root)
    _devices(root)
    Path(root + SCRATCH).mkdir(parents=True)
    if not Path(f"{root}/tmp").exists():  # a folder of `path` may be in there
        Path(f"{root}/tmp").symlink_to(SCRATCH)
    os.chdir(root)
    call("pivot_root", b".", b".")
    call("umount2", b".", _DETACH)
    os.chdir("/")
    _read_only("/", recursive=False)


def _bind(source: str, target: str) -> None:
    Path(target).mkdir(parents=True, exist_ok=True)
    call("mount", source.encode(), target.encode(), None, _BIND | _REC, None)


def _read_only(target: str, *, recursive: bool = True) -> None:
    attributes = b"".join(one.to_bytes(8, "little") for one in (1 | 2 if target == "/" else 7, 0, 0, 0))
    call("mount_setattr", _AT_FDCWD, target.encode(), _AT_RECURSIVE if recursive else 0, attributes, len(attributes))


def _copy(name: str, root: str) -> None:
    with suppress(OSError):  # without a cache the loader searches
        content = Path(name).read_bytes()
        Path(root + name).parent.mkdir(parents=True, exist_ok=True)
        Path(root + name).write_bytes(content)


def _devices(root: str) -> None:
    Path(f"{root}/dev").mkdir()
    Path(f"{root}/dev/shm").symlink_to(SCRATCH)  # where libc keeps the semaphores of multiprocessing
    for name, (major, minor) in DEVICES.items():
        target = f"{root}/dev/{name}"
        try:
            os.mknod(target, 0o020666, os.makedev(major, minor))
            Path(target).chmod(0o666)
        except PermissionError:  # a user namespace makes no devices
            Path(target).touch()
            call("mount", f"/dev/{name}".encode(), target.encode(), None, _BIND, None)
