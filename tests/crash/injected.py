"""Kills and faults at system calls: strace ends the program, or makes a call fail, at one place.

strace counts each system call by its name, so a place is a name and a number. For every name that a
plain run makes, the number goes up from one until a run is no longer met. A kill comes when the call
begins, and the call is not made; what a call has done before a kill is what stands when the next one
begins, so that needs no runs of its own.
"""

import json
import os
import re
import tempfile
from collections import Counter

from world import TEMPORARY, World, restore, run, snapshot

# Once met, a call fails with one of these.
ERRORS = ["EINTR", "ENOSPC", "EIO", "EACCES", "EDQUOT"]
# The calls that are made to fail: whatever can open, read, write, sync, rename, close and lock.
FAULTY = """open openat read pread64 readv write pwrite64 writev fsync fdatasync rename renameat
renameat2 close link linkat unlink unlinkat rmdir fchmod fchmodat chmod fchown chown mkdir mkdirat
flock fcntl ftruncate symlink symlinkat getdents64 readlink statx newfstatat""".split()
# Of these the system itself says that a signal may interrupt them; carto has to go on.
INTERRUPTIBLE = set(FAULTY) - {"statx", "newfstatat", "readlink", "getdents64", "fcntl", "chmod"}
# A close that fails closes all the same, an injected one does not: nobody waits for such a pipe or
# lock in the world.
STAYS_OPEN = re.compile(r"close\(\d+<(pipe|socket|anon_inode|.*\.lock>)")
CALL = re.compile(r"^(?:\d+ +)?([a-z_0-9]+)\(")
# What the states of a run may be told by: the account in use, and nothing that goes on.
PROBE = "env --format json"
KEY = re.compile(rb"key-of-[a-z]+|new-key|older")
# Written beside keys where git may take them; where git cannot be seen, too.
IGNORED = b"credentials.toml\n.lock\n.*.tmp-*\n"
STATUSES = {0, 1, 2, 3, 4, 5}


def traced(world, case, log, *options):
    """Runs the command of a case under strace; gives what came of it and the calls it made."""
    argv = ["strace", "-y", "-s", "64", "-o", log, *options, world.carto, *case.words.split()]
    ran = run(argv, world.env, world.path("work"), case.stdin)
    with open(log, errors="replace") as file:
        lines = [line for line in file if CALL.match(line)]
    return ran, lines


class Bed:
    """One case, ready to be run again and again in a world of its own."""

    def __init__(self, case, carto, place):
        self.case = case
        root = tempfile.mkdtemp(dir=place)
        os.chmod(root, 0o755)
        self.world = World(os.path.join(root, "w"), carto)
        self.log = os.path.join(root, "log")
        case.prepare(self.world)
        self.old, _, _ = snapshot(self.world.root)
        self.before = self.probe()
        ran = self.world.run(case.words, stdin=case.stdin)
        self.new, _, left = snapshot(self.world.root)
        if ran.code != 0 or left or self.new == self.old:
            raise AssertionError(f"{case.name}: the plain run is not one: {ran} {list(left)}")
        self.after = self.probe()
        self.twice = self.world.run(case.words, stdin=case.stdin).code
        self.reset()
        _, self.calls = traced(self.world, case, self.log)

    def reset(self):
        restore(self.world.root, self.old)

    def probe(self):
        ran = self.world.run(PROBE)
        return ran.code, ran.out

    def wrong(self, code):
        """What is wrong after a run that was met, and after the plain run that follows it."""
        now, locks, temporaries = self.seen()
        yield from self.torn(now)
        for short, entry in [*locks.items(), *temporaries.items()]:
            if entry.mode & ~self.mode_near(short):
                yield f"{short} has mode {entry.mode:o}"
        if code == 0 and now != self.new:
            yield "exit 0, and the new state is not there"
        if code not in STATUSES and code != -9:
            yield f"exit {code}"
        if self.probe() not in (self.before, self.after):
            yield f"the account in use is neither the old nor the new one: {self.probe()}"
        again = self.world.run(self.case.words, stdin=self.case.stdin)
        expected = {0, self.twice} if now == self.new else {0}
        if again.code not in expected:
            yield f"the next run fails: {again}"
        now, _, temporaries = self.seen()
        if again.code in expected and now != self.new:
            yield f"the next run does not do it: {difference(now, self.new)}"
        if temporaries:
            yield f"temporaries stay: {list(temporaries)}"

    def seen(self):
        """What stands there; a `.gitignore` more than needed counts for nothing."""
        now, locks, temporaries = snapshot(self.world.root)
        for short in {short for short in now if short.endswith("/.gitignore")}:
            if short not in self.old and short not in self.new and now[short].data.startswith(IGNORED):
                del now[short]
        return now, locks, temporaries

    def mode_near(self, short):
        """What a lock or a temporary may be: private, or as open as the file it stands for."""
        match = re.match(r"(.*/)\.(.*)\.tmp-", short)
        stands_for = match and (self.new.get(match[1] + match[2]) or self.old.get(match[1] + match[2]))
        return stands_for.mode if stands_for else 0o600

    def torn(self, now):
        """Files that are neither the old nor the new one, and keys that are gone."""
        for short in {*now, *self.old, *self.new}:
            if settled(short, now.get(short)) not in (self.old.get(short), self.new.get(short)):
                yield f"LOST: {short} is neither the old nor the new one: {now.get(short)}"
        kept = keys_in(self.old) & keys_in(self.new)
        if not kept <= keys_in(now):
            yield f"LOST: keys: {kept - keys_in(now)}"


def settled(short, entry):
    """A record of trust without what carto is about to write: that is there on the way only."""
    if not entry or "/trust/" not in short or b'"coming"' not in entry.data:
        return entry
    record = json.loads(entry.data)
    del record["coming"]
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    return entry._replace(data=text.encode())


def difference(now, new):
    return [(short, now.get(short)) for short in {*now, *new} if now.get(short) != new.get(short)]


def keys_in(files):
    return {key for entry in files.values() for key in KEY.findall(entry.data)}


def is_ours(line, world):
    """Whether a call is about a file of the world, not about a library or a stream."""
    return world.root in line and f"{world.root}/bin" not in line


def is_expected(kind, name):
    """Failures that are an answer: who may not give a group away gives its rights to no other."""
    return kind == "EACCES" and name == "fchown"


def must_tell(name, line):
    """Whether a run must not end well when this call fails: the new bytes may not be there."""
    if name in ("rename", "renameat", "renameat2", "fsync", "fdatasync"):
        return True
    of_temporary = TEMPORARY.search(line.split(">")[0]) or re.search(r"\.tmp-[A-Za-z0-9]{12}>", line)
    return name in ("write", "pwrite64", "close", "fchmod", "fchown") and bool(of_temporary)


def walk(bed, name, kinds):
    """Meets every call of a name with every kind of harm. Gives the counts and what went wrong."""
    tried, failures = Counter(), []
    number = 0
    while True:
        number += 1
        met = False
        for kind in kinds:
            bed.reset()
            act = "signal=KILL" if kind == "KILL" else f"error={kind}"
            options = ["-e", f"trace={name}", "-e", f"inject={name}:{act}:when={number}"]
            ran, lines = traced(bed.world, bed.case, bed.log, *options)
            hit = ran.code == -9 if kind == "KILL" else any("(INJECTED)" in line for line in lines)
            if not hit:
                continue
            met = True
            tried["kills" if kind == "KILL" else "faults"] += 1
            line = next((line for line in lines if "(INJECTED)" in line), lines[-1] if lines else "")
            if is_expected(kind, name) or name == "close" and STAYS_OPEN.search(line):
                continue
            wrong = [*unlike(bed, name, kind, line, ran)] if kind != "KILL" else []
            # A library that cannot be loaded: nothing was begun.
            before = ran.code == 127 and not is_ours(line, bed.world)
            wrong += bed.wrong(1 if before else ran.code)
            place = f"{bed.case.name}: {kind} at {name} {number}"
            shown = line.strip().replace(bed.world.root, "")[:160]
            failures += [f"{place}: {what}\n    {shown}\n    {ran.err.decode()}" for what in wrong]
            tried["lost"] += bool([what for what in wrong if what.startswith("LOST")])
        if not met:
            return tried, failures


def unlike(bed, name, kind, line, ran):
    """What the status of a run with a failed call has to be, over what holds for all."""
    if not is_ours(line, bed.world):
        return
    if kind == "EINTR":
        if name in INTERRUPTIBLE and ran.code != 0:
            yield f"an interrupted call is not made again: exit {ran.code}"
    elif must_tell(name, line) and ran.code != 5:
        yield f"a failed call is not told: exit {ran.code}"


def names_of(calls):
    return sorted({CALL.match(line).group(1) for line in calls} - {"execve", "exit_group"})
