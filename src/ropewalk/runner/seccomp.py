"""The filter of system calls: what no program in a box has a use for is refused by the kernel.

A list of classic BPF instructions, each (code, jump if true, jump if false, value). (Linux' include/uapi/linux/
filter.h, seccomp.h and Documentation/userspace-api/seccomp_filter.rst.) Numbers of calls from 424 on are the same
everywhere; the others are from the tables of x86_64 and of aarch64.
"""

from __future__ import annotations

import ctypes
import functools
import struct

from ropewalk.runner import linux

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    Instruction = tuple[int, int, int, int]

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
LOAD, EQUAL, AT_LEAST, ANY_BIT, AND, RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS = 1, 38
X32 = 0x40000000
NUMBER, ARCHITECTURE, FIRST, SECOND, THIRD = 0, 4, 16, 24, 32
"""Offsets in `struct seccomp_data`; of an argument, of its lower half."""
NAMESPACES = 0x7E020080
"""All CLONE_NEW… that clone(2) and unshare(2) take (the lowest bit is CLONE_NEWTIME, only unshare's)."""
DEVICES = (0o020000, 0o060000)
IOCTLS = (0x5412, 0x541C)
"""TIOCSTI, TIOCLINUX: typing on somebody else's terminal."""
FAMILIES = (1, 2, 10, 16)
"""Unix, IPv4, IPv6 and netlink sockets."""
NETLINK = (0, 15)
"""Its protocols: routes (how interfaces are listed) and kernel events."""
TCP = 6
PERSONALITIES = (0, 8, 0x20000, 0x20008, 0xFFFFFFFF)

_MOUNTS = {
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "mount_setattr": (442, 442), "open_tree_attr": (467, 467), "setns": (308, 268),
    "chroot": (161, 51),
}  # fmt: skip
_ALWAYS = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438), "kcmp": (312, 272), "process_madvise": (440, 440),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "open_by_handle_at": (304, 265), "swapon": (167, 224), "swapoff": (168, 225),
    "acct": (163, 89), "quotactl": (179, 60), "quotactl_fd": (443, 443), "syslog": (103, 116),
    "settimeofday": (170, 170), "clock_settime": (227, 112), "vhangup": (153, 58),
}  # fmt: skip
_ONLY_X86 = {"iopl": 172, "ioperm": 173, "uselib": 134, "ustat": 136, "sysfs": 139}
_CHECKED = {
    "clone": (56, 220), "clone3": (435, 435), "unshare": (272, 97), "personality": (135, 92),
    "ioctl": (16, 29), "socket": (41, 198), "mknod": (133, -1), "mknodat": (259, 33),
}  # fmt: skip


@functools.cache
def program(machine: str, *, nested: bool = False, sockets: str = "all") -> list[Instruction]:
    """The filter for an architecture. ValueError: it is not known.

    `nested`: what makes namespaces and mounts in them is allowed. `sockets`, where files and network are the host's:
    `tcp` are streams of IPv4 and IPv6, `inet` datagrams, too; neither has a way to sockets among files.
    """
    if machine not in ARCHITECTURES:
        raise ValueError(f"no filter of system calls is known for {machine}")
    column = 0 if machine == "x86_64" else 1
    made: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, ARCHITECTURES[machine]),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
    ]
    if column == 0:
        made += [(AT_LEAST, 0, 1, X32), (RETURN, 0, 0, REFUSE | ENOSYS)]
    numbers = {name: both[column] for name, both in _CHECKED.items()}
    for name, block in _blocks(nested, sockets).items():
        if numbers[name] >= 0:
            made += [(EQUAL, 0, len(block), numbers[name]), *block]
    refused = [both[column] for both in _ALWAYS.values()]
    refused += [] if nested else [both[column] for both in _MOUNTS.values()]
    refused += list(_ONLY_X86.values()) if column == 0 else []
    return [*made, *_refuse_each(sorted(refused))]


def _refuse_each(numbers: Sequence[int]) -> list[Instruction]:
    """One comparison for each number; the last instruction refuses, the one before it allows."""
    tests: list[Instruction] = [
        (EQUAL, len(numbers) - at, 0, number) for at, number in enumerate(numbers)
    ]
    return [*tests, (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE | EPERM)]


def _blocks(nested: bool, sockets: str) -> dict[str, list[Instruction]]:
    """What is asked about the arguments of some calls; each block ends by allowing or refusing."""
    blocks = {
        "ioctl": _one_of(SECOND, IOCTLS, refused=True),
        "personality": _one_of(FIRST, PERSONALITIES, refused=False),
        "mknod": _masked(SECOND, 0o170000, DEVICES),
        "mknodat": _masked(THIRD, 0o170000, DEVICES),
        "socket": _sockets() if sockets == "all" else _inet(datagrams=sockets == "inet"),
    }
    if not nested:
        blocks["clone"] = blocks["unshare"] = _no_bit(FIRST, NAMESPACES)
        blocks["clone3"] = [(RETURN, 0, 0, REFUSE | ENOSYS)]
    return blocks


def _one_of(argument: int, values: Sequence[int], *, refused: bool) -> list[Instruction]:
    no, yes = REFUSE | EPERM, ALLOW
    found, other = (no, yes) if refused else (yes, no)
    tests: list[Instruction] = [
        (EQUAL, len(values) - at, 0, value) for at, value in enumerate(values)
    ]
    return [(LOAD, 0, 0, argument), *tests, (RETURN, 0, 0, other), (RETURN, 0, 0, found)]


def _masked(argument: int, mask: int, values: Sequence[int]) -> list[Instruction]:
    first, *rest = _one_of(argument, values, refused=True)
    return [first, (AND, 0, 0, mask), *rest]


def _no_bit(argument: int, bits: int) -> list[Instruction]:
    return [
        (LOAD, 0, 0, argument),
        (ANY_BIT, 0, 1, bits),
        (RETURN, 0, 0, REFUSE | EPERM),
        (RETURN, 0, 0, ALLOW),
    ]


def _sockets() -> list[Instruction]:
    """No raw ones, no families that talk past the network namespace, little of netlink."""
    unix, v4, v6, netlink = FAMILIES
    return [
        (LOAD, 0, 0, FIRST),
        (EQUAL, 9, 0, unix),
        (EQUAL, 3, 0, v4),
        (EQUAL, 2, 0, v6),
        (EQUAL, 4, 0, netlink),
        (RETURN, 0, 0, REFUSE | EPERM),
        (LOAD, 0, 0, SECOND),
        (AND, 0, 0, 0xF),
        (AT_LEAST, 5, 2, 3),  # SOCK_RAW and everything after it
        (LOAD, 0, 0, THIRD),
        (EQUAL, 0, 1, NETLINK[0]),
        (RETURN, 0, 0, ALLOW),
        (EQUAL, 0, 1, NETLINK[1]),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE | EPERM),
    ]


def _inet(*, datagrams: bool) -> list[Instruction]:
    """Where the network is the host's: streams of IPv4 and IPv6, which Landlock looks at, and netlink's list."""
    _, v4, v6, netlink = FAMILIES
    return [
        (LOAD, 0, 0, FIRST),
        (EQUAL, 3, 0, v4),
        (EQUAL, 2, 0, v6),
        (EQUAL, 7 if datagrams else 6, 0, netlink),
        (RETURN, 0, 0, REFUSE | EPERM),
        (LOAD, 0, 0, SECOND),
        (AND, 0, 0, 0xF),
        *([(EQUAL, 5, 0, 2)] if datagrams else []),  # SOCK_DGRAM
        (EQUAL, 0, 5, 1),  # SOCK_STREAM
        (LOAD, 0, 0, THIRD),
        (EQUAL, 2, 1, TCP),
        (LOAD, 0, 0, THIRD),
        (EQUAL, 0, 1, 0),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE | EPERM),
    ]


def packed(instructions: Sequence[Instruction]) -> bytes:
    """As `struct sock_filter` has them; what bubblewrap reads from a descriptor."""
    return b"".join(struct.pack("HBBI", *one) for one in instructions)


def install(instructions: Sequence[Instruction]) -> None:
    """Filter the system calls of this process and of all that it starts, for good. OSError: it cannot be."""
    data = packed(instructions)
    held = ctypes.create_string_buffer(data, len(data))
    program = struct.pack("H6xQ", len(instructions), ctypes.addressof(held))
    linux.libc("prctl", 22, ctypes.c_ulong(2), program, 0, 0)
