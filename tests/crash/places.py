"""Places that cannot be written, or not as usual: no room, no right, links, pipes, devices.

    python3 tests/crash/places.py CARTO PLACE [endless]

Mounts and immutable files need root; what could not be checked is said.
"""

import os
import subprocess
import sys
import tempfile

from cases import CASES, CONFIG, CREDENTIALS, SETTINGS, Case, first, hash_of, user
from injected import Bed
from world import Tally, World, run, snapshot

PAGE = 4096
NOBODY = 65534
HOME = "home/.config/carto"
FULL = {"config set", "config set, first of all", "config set --project apikey", "init",
        "login, new profile", "credentials import", "credentials export, over", "trust --expect"}


def large(world):
    """Settings of many pages, which no single write may take."""
    user(world)
    lines = "".join(f"k{number} = {number}\n" for number in range(1000))
    world.write(CONFIG, SETTINGS + b"[plugins.load]\n" + lines.encode(), 0o640)


LARGE = Case("config set, large", large, "config set ui.editor vi")


def not_checked(what, why):
    print(f"NOT CHECKED: {what} ({why})", flush=True)


def mounted(kind, options, source, target):
    os.makedirs(target, exist_ok=True)
    flags = ["-t", kind] if kind else []
    made = run(["mount", *flags, "-o", options, source, target], dict(os.environ), "/")
    return made.code == 0


def unmount(target):
    subprocess.run(["umount", "-l", target], check=False)


def full_disk(tally, place, carto):
    """Room for no page, for one, and so on until there is enough; the same for files."""
    target = os.path.join(place, "full")
    if not mounted("tmpfs", "size=4m,mode=0755,nr_inodes=400", "none", target):
        return not_checked("a full file system", "no right to mount")
    try:
        tried = 0
        for case in [case for case in CASES if case.name in FULL] + [LARGE]:
            bed = Bed(case, carto, target)
            tried += fill(tally, bed, os.path.join(target, "fill"), pages)
            tried += fill(tally, bed, os.path.join(target, "fills"), inodes)
        print(f"carto: {tried} runs on a full file system")
    finally:
        unmount(target)
    return None


def fill(tally, bed, path, taken):
    """Runs a case with more and more room, until it has once ended well."""
    for free in range(60):
        bed.reset()
        release = taken(path, free)
        ran = bed.world.run(bed.case.words, stdin=bed.case.stdin)
        release()
        wrong = [*bed.wrong(ran.code)] + ([f"exit {ran.code}"] if ran.code not in (0, 5) else [])
        what = f"{bed.case.name}: room for {free} {taken.__name__}: {wrong}: {ran.err.decode()}"
        tally.check(not wrong, what)
        if ran.code == 0:
            return free + 1
    tally.check(False, f"{bed.case.name}: never room enough")
    return free


def pages(path, free):
    """Takes the whole file system but some pages."""
    with open(path, "wb", buffering=0) as file:
        try:
            while file.write(b"x" * PAGE):
                pass
        except OSError:
            pass
        file.truncate(max(0, file.tell() // PAGE * PAGE - free * PAGE))
    return lambda: os.remove(path)


def inodes(path, free):
    """Takes all files that the file system can have but some."""
    os.makedirs(path)
    made = []
    try:
        while True:
            made.append(os.path.join(path, str(len(made))))
            os.mkdir(made[-1])
    except OSError:
        made.pop()
    for one in made[len(made) - free:]:
        os.rmdir(one)
        made.remove(one)

    def release():
        for one in made:
            os.rmdir(one)
        os.rmdir(path)

    return release


def size_limit(tally, place, carto):
    """Files may have so many bytes and no more: with the signal that ends a program, and without."""
    tried = 0
    for case in [case for case in CASES if case.name in FULL] + [LARGE]:
        bed = Bed(case, carto, place)
        most = max(len(entry.data) for entry in bed.new.values())
        for ignored in ([], ["env", "--ignore-signal=XFSZ"]):
            for limit in range(0, most + 1, max(16, most // 6)):
                bed.reset()
                before = ["prlimit", f"--fsize={limit}", *ignored]
                ran = bed.world.run(case.words, stdin=case.stdin, before=before)
                killed = not ignored and ran.code == -25
                wrong = [*bed.wrong(-9 if killed else ran.code)]
                tally.check(not wrong, f"{case.name}: at most {limit} bytes: {wrong}")
                tried += 1
    print(f"carto: {tried} runs with a limit on the size of files")


class Refused:
    """A place in which a command has to end with a status and a word, and change nothing."""

    def __init__(self, what, words, status, says, prepare, stdin=b"", undo=None):
        self.what, self.words, self.status, self.says = what, words, status, says
        self.prepare, self.stdin, self.undo = prepare, stdin, undo


def chmod(name, mode):
    return lambda world: os.chmod(world.path(name), mode)


def replaced(name, make):
    """Puts something else in the place of a file."""

    def prepare(world):
        if os.path.lexists(world.path(name)):
            os.remove(world.path(name))
        make(world.path(name))

    return prepare


def done(*argv):
    """Runs a program of the system on the world; it must have the right to."""

    def prepare(world):
        words = [word.replace("W/", world.root + "/") for word in argv]
        if subprocess.run(words, check=False, stderr=subprocess.DEVNULL).returncode:
            raise PermissionError(" ".join(argv))

    return prepare


SET = "config set ui.editor vi"
EXPECT = "trust --expect " + hash_of(b"x = 1\n")


def clone(world):
    world.write("work/.carto/config.toml", "x = 1\n")
    os.makedirs(world.path("home/.local/state/carto/trust"))
    os.chmod(world.path("home/.local/state/carto/trust"), 0o500)


REFUSED = [
    Refused("a read-only directory", SET, 5, "permission denied", chmod(HOME, 0o500)),
    Refused("a read-only directory of keys", "login https://new.carto.com --key-stdin", 5,
            "permission denied", chmod(HOME, 0o500), b"new-key\n"),
    Refused("a read-only file", SET, 5, "chmod u+w", chmod(CONFIG, 0o400)),
    Refused("a read-only credential file", "logout", 5, "chmod u+w", chmod(CREDENTIALS, 0o400)),
    Refused("a read-only place to work", "credentials export creds.json", 5, "permission denied",
            chmod("work", 0o500)),
    Refused("a read-only place to work", "init", 5, "permission denied", chmod("work", 0o500)),
    Refused("read-only records", EXPECT, 5, "permission denied", clone),
    Refused("a pipe", SET, 3, "not a regular file", replaced(CONFIG, os.mkfifo)),
    Refused("a pipe to write to", "credentials export --force creds.json", 5,
            "not a regular file", replaced("work/creds.json", os.mkfifo)),
    Refused("a directory", SET, 3, "is a directory", replaced(CONFIG, os.mkdir)),
    Refused("a directory to write to", "credentials export --force creds.json", 5,
            "is a directory", replaced("work/creds.json", os.mkdir)),
    Refused("a device", SET, 3, "not a regular file",
            replaced(CONFIG, lambda path: os.symlink("/dev/full", path))),
    Refused("a device to write to", "credentials export --force creds.json", 5,
            "not a regular file",
            replaced("work/creds.json", lambda path: os.symlink("/dev/null", path))),
    Refused("a circle of links", SET, 3, "symbolic links",
            replaced(CONFIG, lambda path: os.symlink("config.toml", path))),
]
AS_ROOT = [
    Refused("the file of another user", SET, 3, "belongs to uid 4242", done("chown", "4242", "W/" + CONFIG)),
    Refused("the link of another user", SET, 5, "belongs to uid 4242",
            done("sh", "-c", f"cd W/{HOME} && mv config.toml c && ln -s c config.toml && chown -h 4242 config.toml")),
    Refused("an immutable file", SET, 5, "not permitted", done("chattr", "+i", "W/" + CONFIG),
            undo=done("chattr", "-i", "W/" + CONFIG)),
    Refused("an immutable directory", SET, 5, "not permitted", done("chattr", "+i", "W/" + HOME),
            undo=done("chattr", "-i", "W/" + HOME)),
    Refused("a read-only file system", SET, 5, "read-only file system",
            done("mount", "-o", "bind,ro", "W/home", "W/home"), undo=done("umount", "W/home")),
    Refused("a file that is a mount point", SET, 5, "mount point",
            done("mount", "--bind", "W/" + CONFIG, "W/" + CONFIG), undo=done("umount", "W/" + CONFIG)),
]


def refused(tally, place, carto):
    """Root may write everywhere, so a user without any rights does it where modes decide."""
    is_root = os.geteuid() == 0
    for row in REFUSED + (AS_ROOT if is_root else []):
        world = World(os.path.join(tempfile.mkdtemp(dir=place), "w"), carto)
        os.chmod(os.path.dirname(world.root), 0o755)
        user(world)
        before = []
        if is_root and row in REFUSED:
            subprocess.run(["chown", "-R", str(NOBODY), world.root], check=True)
            before = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        try:
            row.prepare(world)
        except PermissionError as error:
            not_checked(row.what, f"{error} is refused here")
            continue
        if before:
            subprocess.run(["chown", "-hR", str(NOBODY), world.root], check=True)
        old, _, _ = snapshot(world.root)
        ran = world.run(row.words, stdin=row.stdin, before=before)
        now, _, temporaries = snapshot(world.root)
        if row.undo:
            row.undo(world)
        said = ran.err.decode()
        tally.check(ran.code == row.status and row.says in said, f"{row.what}: {row.words}: {ran}")
        tally.check(now == old, f"{row.what}: {row.words}: something changed")
        tally.check(not temporaries, f"{row.what}: {row.words}: temporaries stay: {[*temporaries]}")
    if not is_root:
        not_checked("files of others, immutable files, read-only mounts", "not root")


def links(tally, place, carto):
    """Links that lead somewhere are followed and stay; another name of the file keeps the old one."""
    world = World(os.path.join(tempfile.mkdtemp(dir=place), "w"), carto)
    first(world)
    os.makedirs(world.path(HOME))
    os.chmod(world.path(HOME), 0o700)
    os.symlink("../../dots", world.path(CONFIG))
    ran = world.run("config set username ann")
    now, _, temporaries = snapshot(world.root)
    there = now.get("home/dots")
    tally.check(ran.code == 0 and now[CONFIG].kind == "link" and not temporaries, f"dangling: {ran}")
    tally.check(there and there.data == b'username = "ann"\n' and there.mode == 0o600, f"{there}")

    world = World(os.path.join(tempfile.mkdtemp(dir=place), "w"), carto)
    user(world)
    os.link(world.path(CONFIG), world.path("home/other"))
    said = world.run("doctor").out.decode()
    tally.check("hard-link" in said, f"doctor does not tell of a hard link: {said}")
    ran = world.run(SET)
    now, _, _ = snapshot(world.root)
    tally.check(ran.code == 0 and b"hard link" in ran.err, f"a hard link: {ran}")
    tally.check(now["home/other"].data == SETTINGS != now[CONFIG].data, "the other name")


def endless(tally, place, carto):
    """Files without an end, or nearly: nothing is read that no file of carto's can be."""
    limited = ["prlimit", "--as=1000000000", "--cpu=5"]
    for name, words, status in [
        (CONFIG, "config list", 3),
        (CONFIG, SET, 3),
        (CREDENTIALS, "env", 3),
        (CREDENTIALS, "login https://new.carto.com --key-stdin", 3),
        ("sys/config.toml", "config get username", 3),
        ("work/huge.json", "credentials import huge.json", 3),
        ("work/huge.json", "--credentials-file huge.json env", 3),
        ("work/.carto/config.toml", "env", 4),
        ("work/.gitignore", "credentials export new.json", 5),
    ]:
        world = World(os.path.join(tempfile.mkdtemp(dir=place), "w"), carto)
        user(world)
        if name.endswith(".gitignore"):
            subprocess.run(["git", "init", "-q", world.path("work")], check=True, env=world.env)
        world.write(name, b"", 0o600)
        os.truncate(world.path(name), 1 << 40)
        ran = world.run(words, stdin=b"new-key\n", before=limited)
        good = ran.code == status and b"larger than" in ran.err
        tally.check(good, f"{words} with {name} of 1 TiB: {ran}")


def main():
    carto, place = sys.argv[1:3]
    tally = Tally()
    groups = [full_disk, size_limit, refused, links, endless]
    for group in groups if len(sys.argv) == 3 else [endless]:
        group(tally, place, carto)
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(tally.failed > 0)


if __name__ == "__main__":
    main()
