"""System calls without a wrapper in the standard library: their numbers and how to make them.

Numbers are the kernel's (arch/x86/entry/syscalls/syscall_64.tbl; include/uapi/asm-generic/unistd.h for aarch64). Those of aarch64
are from the tables, not tried on such a machine.
"""

import ctypes
import os

MACHINE = os.uname().machine
_COLUMN = {"x86_64": 0, "aarch64": 1}.get(MACHINE)
SUPPORTED = _COLUMN is not None and os.uname().sysname == "Linux"

# name: (x86-64, aarch64); -1 where the machine has none
_TABLE: dict[str, tuple[int, int]] = {}


def _read_table(text: str) -> None:
    words = text.split()
    for name, x86, arm in zip(words[::3], words[1::3], words[2::3], strict=True):
        _TABLE[name] = (int(x86), int(arm))


_read_table("""
clone 56 220  clone3 435 435  socketpair 53 199  ioctl 16 29  socket 41 198  exit_group 231 94  wait4 61 260
close_range 436 436  seccomp 317 277  pidfd_open 434 434  fork 57 -1  vfork 58 -1
landlock_create_ruleset 444 444  landlock_add_rule 445 445  landlock_restrict_self 446 446
execve 59 221  execveat 322 281  ptrace 101 117  process_vm_readv 310 270  process_vm_writev 311 271
process_madvise 440 440  process_mrelease 448 448  kcmp 312 272  pidfd_getfd 438 438
mount 165 40  umount2 166 39  pivot_root 155 41  chroot 161 51  unshare 272 97  setns 308 268
fsopen 430 430  fsconfig 431 431  fsmount 432 432  fspick 433 433  move_mount 429 429  open_tree 428 428
mount_setattr 442 442  bpf 321 280  keyctl 250 219  add_key 248 217  request_key 249 218
perf_event_open 298 241  userfaultfd 323 282  memfd_secret 447 447
io_uring_setup 425 425  io_uring_enter 426 426  io_uring_register 427 427
open_by_handle_at 304 265  name_to_handle_at 303 264  fanotify_init 300 262  lookup_dcookie 212 18
personality 135 92  uselib 134 -1  modify_ldt 154 -1  iopl 172 -1  ioperm 173 -1  vhangup 153 58
init_module 175 105  finit_module 313 273  delete_module 176 106  create_module 174 -1
get_kernel_syms 177 -1  query_module 178 -1  nfsservctl 180 42  kexec_load 246 104  kexec_file_load 320 294
setuid 105 146  setgid 106 144  setreuid 113 145  setregid 114 143  setresuid 117 147  setresgid 119 149
setfsuid 122 151  setfsgid 123 152  setgroups 116 159  capset 126 91
quotactl 179 60  quotactl_fd 443 443  acct 163 89  swapon 167 224  swapoff 168 225  reboot 169 142  syslog 103 116
settimeofday 164 170  clock_settime 227 112  clock_adjtime 305 266  adjtimex 159 171
sethostname 170 161  setdomainname 171 162
shutdown 48 210  setsockopt 54 208  bind 49 200  connect 42 203  listen 50 201  accept 43 202  accept4 288 242
shmget 29 194  shmat 30 196  shmctl 31 195  semget 64 190  semop 65 193  semctl 66 191  semtimedop 220 192
msgget 68 186  msgsnd 69 189  msgrcv 70 188  msgctl 71 187  mq_open 240 180  mq_unlink 241 181
kill 62 129  tkill 200 130  tgkill 234 131  rt_sigqueueinfo 129 138  rt_tgsigqueueinfo 297 240  pidfd_send_signal 424 424
setpriority 141 140  ioprio_set 251 30  sched_setaffinity 203 122  sched_setscheduler 144 119  sched_setparam 142 118
sched_setattr 314 274
chdir 80 49  setsid 112 157  prlimit64 302 261  prctl 157 167  fcntl 72 25
sync 162 81  syncfs 306 267  mbind 237 235  set_mempolicy 238 237  set_mempolicy_home_node 450 450
migrate_pages 256 238  move_pages 279 239  sysfs 139 -1  ustat 136 -1
""")
NUMBERS: dict[str, int] = {
    name: numbers[_COLUMN] for name, numbers in _TABLE.items() if _COLUMN is not None and numbers[_COLUMN] >= 0
}
"""Of this machine; empty where it is none that is supported."""

libc = ctypes.CDLL(None, use_errno=True)
_syscall = libc.syscall
_syscall.restype = ctypes.c_long


def call(name: str, *args: int | bytes | None | ctypes.Array[ctypes.c_char] | object) -> int:
    """Make a system call. Raises OSError, with ENOSYS where the machine has none of this name."""
    result: int = _syscall(ctypes.c_long(NUMBERS.get(name, -1)), *map(_argument, args))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def _argument(value: object) -> object:
    # A bare int would be passed as 32 bits.
    return ctypes.c_long(value) if isinstance(value, int) else value
