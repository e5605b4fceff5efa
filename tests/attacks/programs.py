# ruff: noqa: E501
"""Attacks from inside a box: small programs in Python that print GOT where they got what they were after.

`F` holds what an attacker could know of the scene. Each also runs without a box, and must get it there: `outside`
says for whom (`root`, `all`; `""`: nobody can show it on every machine, so only its failure inside counts).
"""

import json
import platform
from dataclasses import dataclass

HEAD = """
import atexit, ctypes, errno, fcntl, json, mmap, os, signal, socket, stat, struct, subprocess, sys, termios, time
F = json.loads(sys.argv[1])
L = ctypes.CDLL(None, use_errno=True)
L.syscall.restype = ctypes.c_long
X86 = os.uname().machine == "x86_64"
def call(x86, arm, *words):
    words = [ctypes.c_long(one) if isinstance(one, int) else one for one in words]
    answer = L.syscall(ctypes.c_long(x86 if X86 else arm), *words)
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer
def libc(name, *words):
    if getattr(L, name)(*words) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return True
def got(one=True):
    if one: print("GOT", flush=True)
def writes(path):
    with open(path, "a") as file: file.write("attacked\\n")
    got()
def child():
    pid = os.fork()
    if pid == 0:
        time.sleep(100); os._exit(0)
    atexit.register(os.kill, pid, 9)
    return pid
def connects(family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as one:
        one.settimeout(3); one.connect(address); got()
"""


@dataclass(frozen=True, slots=True)
class Attack:
    """`kind` is the number of its kind in the documentation."""

    name: str
    kind: int
    program: str
    outside: str = "all"
    landlock: str = "stops"
    """What the rung `landlock` does: `stops`, `not`, or `not for root`."""


ALL = (
    Attack("the person's ssh key", 1, 'got("SECRET" in open(F["secret"]).read())'),
    Attack(
        "other credentials", 2,
        'got(any("SECRET" in open(F["home"] + "/" + one).read() for one in (".aws/credentials", ".netrc")))',
    ),
    Attack("a way round by dots", 3, 'got("SECRET" in open("/etc/.." + F["secret"]).read())'),
    Attack("a way round by /proc", 3, 'got("SECRET" in open("/proc/self/root" + F["secret"]).read())'),
    Attack("the names of other workspaces", 4, 'got("other" in os.listdir(F["workspaces"]))'),
    Attack("another workspace", 5, 'writes(F["workspaces"] + "/other/file")'),
    Attack("the base", 6, 'writes(F["lower"] + "/attacked")'),
    Attack("the layer behind the mount", 7, 'writes(F["upper"] + "/attacked")'),
    Attack("the repository's hooks", 8, 'writes(F["repo"] + "/.git/hooks/pre-commit")'),
    Attack("the repository's configuration", 9, 'writes(F["repo"] + "/.git/config")'),
    Attack("programs of the system", 10, 'writes("/usr/attacked")', "root"),
    Attack("settings of the system", 10, 'writes("/etc/attacked")', "root"),
    Attack("password hashes", 11, 'got(len(open("/etc/shadow").read()))', "root"),
    Attack(
        "a hard link to a secret", 14,
        'os.link(F["secret"], "stolen"); got("SECRET" in open("stolen").read()); os.unlink("stolen")',
    ),
    Attack(
        "the root of another process", 15,
        'got(any(os.path.exists(f"/proc/{one}/root{F[\'secret\']}") for one in os.listdir("/proc") if one.isdigit()))', landlock="not"),
    Attack(
        "the environment of other processes", 16,
        'for one in (1, F["victim"]):\n'
        '    try: got(b"VICTIM" in open(f"/proc/{one}/environ", "rb").read())\n'
        '    except OSError: pass',
    ),
    Attack("the memory of other processes", 16, """
for one in (1, F["victim"]):
    try: open(f"/proc/{one}/mem", "rb").close()
    except OSError: continue
    got(one != 1 or os.geteuid() != 0)
"""),
    Attack("the open files of other processes", 16, """
for one in (1, F["victim"]):
    try: got(len(os.listdir(f"/proc/{one}/fd")))
    except OSError: pass
""", landlock="not for root"),
    Attack("the words that we were started with", 16, 'got(b"python" in open(f"/proc/{F[\'parent\'] or 1}/cmdline", "rb").read())'),
    Attack("a disk", 18, 'os.mknod("disk", 0o600 | stat.S_IFBLK, os.makedev(8, 0)); os.unlink("disk"); got()', "root"),
    Attack("a memory device", 18, 'os.mknod("memory", 0o600 | stat.S_IFCHR, os.makedev(1, 1)); os.unlink("memory"); got()', "root"),
    Attack("a whiteout", 18, 'os.mknod("white", 0o600 | stat.S_IFCHR, 0); os.unlink("white"); got()'),
    Attack("marks of the kernel's layers", 19, 'os.makedirs("m", exist_ok=True); os.setxattr("m", "trusted.overlay.opaque", b"y"); got()', "root"),
    Attack("being root", 21, "os.setresuid(0, 0, 0); got()", "root", landlock="not for root"),
    Attack("a program that makes root", 21, 'got(subprocess.run([F["suid"], "-u"], capture_output=True).stdout == b"0\\n")', "suid", landlock="not for root"),
    Attack("tracing a process", 27, """
one = child()
call(101, 117, 16, one, 0, 0); got()
"""),
    Attack("reading a process", 27, """
one, data = child(), ctypes.create_string_buffer(8)
here = struct.pack("QQ", ctypes.addressof(data), 8)
got(call(310, 270, one, here, 1, here, 1, 0) == 8)
"""),
    Attack("writing a process", 27, """
one, data = child(), ctypes.create_string_buffer(8)
here = struct.pack("QQ", ctypes.addressof(data), 8)
got(call(311, 271, one, here, 1, here, 1, 0) == 8)
"""),
    Attack("files of a process", 27, "got(call(438, 438, os.pidfd_open(child()), 0, 0) >= 0)"),
    Attack("a signal to a process of the host", 28, 'os.kill(F["victim"], 0); got()'),
    Attack("a user namespace", 29, 'got(libc("unshare", 0x10000000))'),
    Attack("a mount namespace in a user namespace", 29, 'got(libc("unshare", 0x10020000))'),
    Attack("a child in a user namespace", 29, """
one = call(56, 220, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)
if one == 0: os._exit(0)
got()
"""),
    Attack("a child by the newer call", 29, """
one = call(435, 435, struct.pack("11Q", 0x10000000, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, 0), 88)
if one == 0: os._exit(0)
got()
"""),
    Attack("another namespace", 29, 'got(libc("setns", os.open("/proc/self/ns/uts", os.O_RDONLY), 0))', "root"),
    Attack("a mount", 30, 'os.makedirs("m", exist_ok=True); libc("mount", b"x", b"m", b"tmpfs", 0, None); L.umount2(b"m", 2); got()', "root"),
    Attack("a file system by the newer calls", 30, 'got(call(430, 430, b"tmpfs", 0) >= 0)', "root"),
    Attack("a copy of a mount", 30, 'got(call(428, 428, -100, b"/", 1) >= 0)', "root"),
    Attack("a writable system", 30, 'got(libc("mount", None, b"/usr", None, 0x1020, None) and os.access("/usr/bin", os.W_OK))', ""),
    Attack("another root", 30, 'os.makedirs("m", exist_ok=True); os.chroot("m"); got()', "root"),
    Attack("io_uring", 31, 'got(call(425, 425, 1, ctypes.create_string_buffer(256)) >= 0)'),
    Attack("the kernel's keys", 32, 'got(call(248, 217, b"user", b"rw-attack", b"x", 1, -1) > 0)'),
    Attack("a keyring", 32, 'got(call(250, 219, 1, 0, 0, 0, 0) > 0)'),
    Attack("bpf", 33, 'got(call(321, 280, 0, struct.pack("IIII", 2, 4, 4, 1) + bytes(112), 128) >= 0)', "root"),
    Attack("events of the processor", 33, 'got(call(298, 241, struct.pack("IIQ", 1, 112, 0) + bytes(96), 0, -1, -1, 0) >= 0)', "root"),
    Attack("page faults", 33, "got(call(323, 282, 1) >= 0)"),
    Attack("a file by its number", 34, """
handle, mount = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128)), ctypes.c_int()
call(303, 264, -100, os.fsencode(F["handle"] or "."), handle, ctypes.byref(mount), 0)
got(call(304, 265, os.open(".", os.O_RDONLY), handle, os.O_RDONLY) >= 0)
""", "root"),
    Attack("another kernel", 35, "got(call(246, 104, 0, 0, None, 0) == 0)", ""),
    Attack("fixed addresses", 35, "got(call(135, 92, 0x0040000) >= 0)"),
    Attack("calls of the x32 kind", 35, "got(X86 and call(0x40000000 + 39, 0) > 0)", ""),
    Attack("calls of the 32-bit kind", 35, """
code = mmap.mmap(-1, 4096, prot=7)
code.write(b"\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3")  # getpid by int 0x80
place = ctypes.addressof(ctypes.c_char.from_buffer(code))
got(X86 and ctypes.CFUNCTYPE(ctypes.c_int)(place)() == os.getpid())
""", "x86_64"),
    Attack("typing on a terminal", 36, """
master, slave = os.openpty()
pid = os.fork()
if pid == 0:
    os.setsid(); fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    try: fcntl.ioctl(slave, termios.TIOCSTI, b"x")
    except OSError: os._exit(1)
    os._exit(0)
got(os.waitpid(pid, 0)[1] == 0)
""", "root"),
    Attack("settings of the kernel", 37, 'open("/proc/sys/kernel/core_pattern", "r+").close(); got()', "root"),
    Attack("sysrq", 37, 'open("/proc/sysrq-trigger", "w").close(); got()', ""),
    Attack("the kernel's messages", 37, 'open("/dev/kmsg", "rb").close(); got()', "root"),
    Attack("devices by /sys", 37, 'got(os.listdir("/sys/kernel"))'),
    Attack("the host's network", 38, 'connects(socket.AF_INET, (F["address"], F["port"]))', "address"),
    Attack("the host's loopback", 39, 'connects(socket.AF_INET, ("127.0.0.1", F["port"]))'),
    Attack("the host's loopback by IPv6", 41, 'connects(socket.AF_INET6, ("::1", F["port6"]))'),
    Attack("the metadata address", 42, 'connects(socket.AF_INET, ("169.254.169.254", 80))', ""),
    Attack("a datagram", 43, 'connects(socket.AF_INET, (F["address"], 53), socket.SOCK_DGRAM)', "address"),
    Attack("an abstract socket", 44, 'connects(socket.AF_UNIX, "\\0" + F["abstract"])'),
    Attack("a socket among the host's files", 45, 'connects(socket.AF_UNIX, F["socket"])'),
    Attack("audit by netlink", 46, "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9).close(); got()"),
    Attack("machines of the host", 46, "socket.socket(40, socket.SOCK_STREAM).close(); got()", ""),
    Attack("raw packets", 46, "socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close(); got()", "root"),
    Attack("raw datagrams", 46, "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close(); got()", "root"),
    Attack("cryptography in the kernel", 46, 'socket.socket(38, socket.SOCK_SEQPACKET).close(); got()', ""),
    Attack("variables of the host", 50, 'got("VICTIM" in os.environ)'),
    Attack("the clock", 58, "got(call(227, 112, 0, struct.pack('qq', int(time.time()), 0)) == 0)", ""),
)  # fmt: skip

DRIVER = f"""
import json, os, subprocess, sys
facts, attacks = sys.argv[1], json.load(open(sys.argv[2]))
said = {{"": sorted(os.listdir("/proc/self/fd"))}}
for name, program in attacks.items():
    words = [sys.executable, "-I", "-S", "-c", {HEAD!r} + program + "\\nprint('LOST')", facts]
    try:
        done = subprocess.run(words, capture_output=True, timeout=20)
        told = (done.stdout + done.stderr).decode(errors="replace")[-600:]
        said[name] = f"{{told}}status {{done.returncode}}"
    except subprocess.TimeoutExpired:
        said[name] = "too long"
print("RESULT" + json.dumps(said), flush=True)
"""


def written() -> str:
    """All programs, as the driver reads them."""
    return json.dumps({one.name: one.program for one in ALL})


def shows_outside(attack: Attack, *, user: int, facts: dict[str, object]) -> bool:
    """Whether it must succeed without a box, for that user on this machine."""
    known = {
        "all": True,
        "root": user == 0,
        "x86_64": platform.machine() == "x86_64",
        "suid": bool(facts["suid"]),
        "address": bool(facts["address"]),
        "": False,
    }
    return known[attack.outside]
