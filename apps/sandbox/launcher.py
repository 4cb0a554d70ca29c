"""The second wall: what stands between a worker of the sandbox and the machine.

Runs as a program of its own, before the interpreter: `<python> -IS launch <arguments>`.
It closes every inherited descriptor but the pipes, empties the environment, sets resource limits,
gives up its user where it is root, takes Landlock and a network namespace where the kernel offers
them, forbids gaining privileges, and installs a system call filter without sockets. Only then the
interpreter starts, in the same process. If a required part fails, it does not start at all.
"""

import ctypes
import os
import resource
import struct
import sys

BINARY = ""  # the interpreter; filled in where this file is written as an executable
NOBODY = 65534
MEMORY = 1 << 30
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_SET_PDEATHSIG = 38, 22, 1
CLONE_NEWNET, CLONE_THREAD = 0x40000000, 0x00010000
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
EPERM, ENOSYS = 1, 38

# Audit architecture and numbers of the calls that the interpreter needs.
X86 = (
    0xC000003E,
    {"clone": 56, "clone3": 435},
    (0, 1, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 20, 21, 24, 25, 28, 35, 39, 59, 60, 63, 72, 89, 131,
     158, 186, 202, 204, 217, 218, 228, 230, 231, 257, 262, 273, 302, 318, 322, 332, 334, 7, 271, 157),
)  # fmt: skip
ARM = (
    0xC00000B7,
    {"clone": 220, "clone3": 435},
    (63, 64, 57, 62, 222, 226, 215, 214, 134, 135, 139, 29, 67, 66, 48, 124, 216, 233, 101, 172, 221, 93,
     160, 25, 78, 132, 178, 98, 123, 61, 96, 113, 115, 94, 56, 79, 80, 99, 261, 278, 281, 291, 293, 73, 167),
)  # fmt: skip

libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Build the wall, then become the interpreter."""
    binary = os.open(BINARY, os.O_RDONLY | os.O_CLOEXEC)
    _close_inherited(binary)
    _limit_resources()
    _optional_namespace()
    _give_up_user()
    _optional_landlock()
    _prctl(PR_SET_PDEATHSIG, 9)
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    _filter_calls()
    os.execve(binary, [BINARY, *sys.argv[1:]], {})  # noqa: S606 - no shell is the point


def _close_inherited(keep: int) -> None:
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        if number > 2 and number != keep:
            try:
                os.close(number)
            except OSError:
                continue  # the directory's own descriptor is closed already


def _limit_resources() -> None:
    limits = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_NOFILE: 32,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in limits.items():
        resource.setrlimit(kind, (value, value))


def _optional_namespace() -> None:
    libc.unshare(CLONE_NEWNET)  # needs a capability that containers rarely have


def _give_up_user() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def _optional_landlock() -> None:
    """Forbid every file access that writes, makes, removes or renames."""
    create, restrict = 444, 446
    writes = struct.pack("=Q", 0b1111111111010)
    rules = ctypes.create_string_buffer(writes, 8)
    handle = libc.syscall(create, rules, 8, 0)
    if handle >= 0:
        _prctl(PR_SET_NO_NEW_PRIVS, 1)
        libc.syscall(restrict, handle, 0)
        os.close(handle)


def _prctl(option: int, value: int) -> None:
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option} failed")


def _filter_calls() -> None:
    """Install the allow-list; anything else fails with EPERM, a foreign architecture dies."""
    arch, clone, allowed = ARM if os.uname().machine == "aarch64" else X86
    program = [
        _op(0x20, 4),  # load the architecture
        _op(0x15, arch, 1, 0),
        _op(0x06, KILL),
        _op(0x20, 0),  # load the call's number
        _op(0x15, clone["clone3"], 0, 1),
        _op(0x06, ERRNO | ENOSYS),  # its flags lie in memory: make libc fall back to clone
        _op(0x15, clone["clone"], 0, 4),
        _op(0x20, 16),  # load the flags
        _op(0x45, CLONE_THREAD, 0, 1),
        _op(0x06, ALLOW),
        _op(0x06, ERRNO | EPERM),  # no new processes
    ]
    for number in allowed:
        program += [_op(0x15, number, 0, 1), _op(0x06, ALLOW)]
    program.append(_op(0x06, ERRNO | EPERM))
    code = ctypes.create_string_buffer(b"".join(program))
    head = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(program), ctypes.addressof(code))
    )
    if libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(head), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp is required and not available")


def _op(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)


if __name__ == "__main__":
    main()
