"""A scratch machine, what stands on it, and programs that run on it."""

import os
import re
import shutil
import signal
import stat
import subprocess
from collections import namedtuple

# How long any run may take; none of them waits for anything.
PATIENCE = 20
LOCK = re.compile(r"(^|/)\.(.*\.)?lock$")
TEMPORARY = re.compile(r"(^|/)\..*\.tmp-[A-Za-z0-9]{12}$")

Entry = namedtuple("Entry", "kind mode uid gid data")
Ran = namedtuple("Ran", "code out err")


def entry_of(path):
    """What stands at a path, without following a link."""
    facts = os.lstat(path)
    mode = stat.S_IMODE(facts.st_mode)
    if stat.S_ISLNK(facts.st_mode):
        return Entry("link", 0o777, facts.st_uid, facts.st_gid, os.readlink(path).encode())
    if stat.S_ISDIR(facts.st_mode):
        return Entry("dir", mode, facts.st_uid, facts.st_gid, b"")
    if stat.S_ISREG(facts.st_mode):
        with open(path, "rb") as file:
            return Entry("file", mode, facts.st_uid, facts.st_gid, file.read())
    return Entry("other", mode, facts.st_uid, facts.st_gid, b"")


def snapshot(root):
    """Everything below a root: files that mean something, locks, and temporaries."""
    files, locks, temporaries = {}, {}, {}
    for directory, names, others in os.walk(root):
        for name in names + others:
            path = os.path.join(directory, name)
            short = os.path.relpath(path, root)
            if TEMPORARY.search(short):
                temporaries[short] = entry_of(path)
            elif LOCK.search(short):
                locks[short] = entry_of(path)
            else:
                files[short] = entry_of(path)
    return files, locks, temporaries


def restore(root, files):
    """Makes the directory hold exactly these files again."""
    for name in os.listdir(root):
        path = os.path.join(root, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.remove(path)
    for short in sorted(files):
        path, entry = os.path.join(root, short), files[short]
        if entry.kind == "link":
            os.symlink(entry.data, os.fsencode(path))
            continue
        if entry.kind == "dir":
            os.makedirs(path, exist_ok=True)
        else:
            with open(path, "wb") as file:
                file.write(entry.data)
        if (os.geteuid(), os.getegid()) != (entry.uid, entry.gid):
            os.chown(path, entry.uid, entry.gid)
        os.chmod(path, entry.mode)


class World:
    """A directory with a home, a place for the administrator's settings, and a place to work."""

    def __init__(self, root, carto):
        self.root, self.carto = os.path.realpath(root), carto
        for name in ("home", "sys", "work", "bin"):
            os.makedirs(self.path(name))
            os.chmod(self.path(name), 0o755)
        self.env = {
            "HOME": self.path("home"),
            "PATH": self.path("bin") + ":/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "CARTO_SYSTEM_CONFIG_DIR": self.path("sys"),
            "CARTO_CEILING_DIRECTORIES": self.root,
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    def path(self, name):
        return os.path.join(self.root, name)

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, mode)
        return path

    def run(self, words, stdin=b"", cwd="work", before=(), **more):
        """Runs the program to its end, or until patience ends (status None)."""
        words = words if isinstance(words, list) else words.split()
        return run([*before, self.carto, *words], self.env, self.path(cwd), stdin, **more)

    def must(self, words, **more):
        ran = self.run(words, **more)
        if ran.code != 0:
            raise AssertionError(f"carto {words}: {ran}")
        return ran


def run(argv, env, cwd, stdin=b"", **more):
    child = subprocess.Popen(
        argv, env=env, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True, **more
    )
    try:
        out, err = child.communicate(stdin, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        out, err = child.communicate()
        return Ran(None, out, err)
    except BrokenPipeError:
        child.wait()
        return Ran(child.returncode, b"", b"")
    return Ran(child.returncode, out, err)


class Tally:
    """Counts what was checked, and says what failed."""

    def __init__(self):
        self.passed, self.failed = 0, 0

    def check(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {what}", flush=True)
        return good

    def add(self, passed, failures):
        self.passed += passed
        self.failed += len(failures)
        for failure in failures:
            print(f"FAILED: {failure}", flush=True)
