"""Installing plugins: killed at every system call, without room, and several at once.

    python3 tests/crash/packages.py CARTO PLACE short|long

An installed version lies in a directory with a name of chance, and its receipt has times. So what is
compared is not the files but what a user gets: the plugin that runs is the old or the new one, whole,
and the next run does what this one should have done and leaves nothing over.
"""

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile

from injected import CALL, FAULTY, INTERRUPTIBLE, names_of, traced
from places import mounted, not_checked, unmount
from world import Tally, World, run

INDEX = "home/.local/share/carto/plugins/installed.json"
VERSIONS = "home/.local/share/carto/plugins/versions"
INSTALL = "plugin install ../src/carto-hello --yes"


def program(text):
    return f"#!/bin/sh\necho {text}\n"


def source(world, text, name="carto-hello"):
    world.write(f"src/{name}/carto-hello", program(text), 0o755)
    world.write(f"src/{name}/share/data", text * 1000, 0o644)


def first(world):
    source(world, "new")


def over(world):
    source(world, "old")
    world.must(INSTALL)
    source(world, "new")


def archive(world):
    over(world)
    argv = ["tar", "-C", world.path("src"), "-czf", world.path("src/x.tar.gz"), "carto-hello"]
    subprocess.run(argv, check=True)
    # Its package is the archive's name.
    world.must("plugin remove hello")
    source(world, "old", "x")
    world.must("plugin install ../src/x --yes")


def repository(world):
    over(world)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com"]
    where = world.path("src/carto-hello")
    subprocess.run([*git, "init", "-q", "--template=", "."], cwd=where, check=True, env=world.env)
    subprocess.run([*git, "add", "."], cwd=where, check=True, env=world.env)
    subprocess.run([*git, "commit", "-qm", "x"], cwd=where, check=True, env=world.env)


def locked(world):
    """The lock names the new one; the old one is installed."""
    world.must("init")
    source(world, "new", "hello")
    world.must("plugin install ../src/hello --yes")
    world.must("plugin lock")
    world.must("plugin remove hello")
    source(world, "old", "other/hello")
    os.makedirs(world.path("src/other"), exist_ok=True)
    world.must("plugin install ../src/other/hello --yes")


class Case:
    def __init__(self, name, prepare, words, states):
        self.name, self.prepare, self.words = name, prepare, words
        # What the plugin may say before the run, and what it says after it.
        self.before, self.after = states


NOTHING = 127
CASES = [
    Case("install, first", first, INSTALL, (NOTHING, "new")),
    Case("install, over another", over, INSTALL, ("old", "new")),
    Case("install, archive", archive, "plugin install ../src/x.tar.gz --yes", ("old", "new")),
    Case("upgrade", over, "plugin upgrade --yes", ("old", "new")),
    Case("remove", over, "plugin remove hello", ("old", NOTHING)),
    Case("sync", locked, "plugin sync", (126, "new")),
]
LONG = [
    Case("install, git", repository,
         "plugin install git+file://../src/carto-hello --as-name hello --yes", ("old", "new")),
]


class Bed:
    """One case, ready to be run again and again."""

    def __init__(self, case, carto, place):
        self.case = case
        self.root = tempfile.mkdtemp(dir=place)
        self.world = World(os.path.join(self.root, "w"), carto)
        self.kept, self.log = os.path.join(self.root, "kept"), os.path.join(self.root, "log")
        case.prepare(self.world)
        case.words = case.words.replace("file://..", "file://" + self.world.root)
        self.copy(self.world.root, self.kept)
        if self.state() != case.before:
            raise AssertionError(f"{case.name}: it begins with {self.state()}")
        _, self.calls = traced(self.world, CaseOfWords(case), self.log)
        if self.state() != case.after:
            raise AssertionError(f"{case.name}: the plain run gives {self.state()}")

    @staticmethod
    def copy(from_, to):
        # Times have to stay: receipts name them. What the system counts itself is read anew.
        shutil.rmtree(to, ignore_errors=True)
        subprocess.run(["cp", "-a", from_, to], check=True)

    def reset(self):
        self.copy(self.kept, self.world.root)

    def state(self):
        ran = self.world.run("hello")
        return ran.out.decode().strip() if ran.code == 0 else ran.code

    def wrong(self, code):
        """What is wrong after a run that was met, and after the plain run that follows it."""
        state = self.state()
        if state not in (self.case.before, self.case.after):
            yield f"LOST: the plugin is neither the old nor the new one: {state}"
        if code == 0 and state != self.case.after:
            yield f"exit 0, and the new one is not there: {state}"
        if code not in (0, 1, 2, 3, 4, 5, 126, -9):
            yield f"exit {code}"
        again = self.world.run(self.case.words)
        if again.code != 0 and not (self.case.after == NOTHING and state == NOTHING):
            yield f"the next run fails: {again}"
        if self.state() != self.case.after:
            yield f"the next run does not do it: {self.state()}"
        if left(self.world):
            yield f"something is left over: {left(self.world)}"
        ran = self.world.run("plugin verify")
        if ran.code != 0:
            yield f"not as installed: {ran}"


def named(world):
    """The directories that the index names."""
    with open(world.path(INDEX)) as file:
        packages = json.load(file)["packages"].values()
    return {name for held in packages for name in [*held["versions"], *held.get("retired", {})]}


def left(world):
    """What lies there, and the index does not name. What was replaced a moment ago is named: it may be
    running."""
    place = world.path(VERSIONS)
    names = sorted(os.listdir(place)) if os.path.isdir(place) else []
    return [name for name in names if name not in named(world)]


class CaseOfWords:
    """What `traced` wants to know of a case."""

    def __init__(self, case):
        self.words, self.stdin = case.words, b""


def walk(task):
    """Meets every call of a name. Gives how many were met, and what went wrong."""
    bed, name, kind = task
    met, failures, number = 0, [], 0
    while True:
        number += 1
        bed.reset()
        act = "signal=KILL" if kind == "KILL" else f"error={kind}"
        options = ["-e", f"trace={name}", "-e", f"inject={name}:{act}:when={number}"]
        ran, lines = traced(bed.world, CaseOfWords(bed.case), bed.log, *options)
        hit = ran.code == -9 if kind == "KILL" else any("(INJECTED)" in line for line in lines)
        if not hit:
            return met, failures
        met += 1
        line = next((line for line in lines if "(INJECTED)" in line), lines[-1] if lines else "")
        if bed.world.root not in line and kind != "KILL":
            # A library or a stream: nothing of ours was met.
            continue
        wrong = [*bed.wrong(ran.code)]
        if kind == "EINTR" and name in INTERRUPTIBLE and ran.code != 0:
            wrong.append(f"an interrupted call is not made again: exit {ran.code}")
        place = f"{bed.case.name}: {kind} at {name} {number}"
        failures += [f"{place}: {what}\n    {line.strip()[:200]}\n    {ran.err.decode()}" for what in wrong]


def one_case(task):
    index, kinds, carto, place = task
    case = (CASES + LONG)[index]
    bed = Bed(case, carto, place)
    counts, failures = {}, []
    for kind in kinds:
        for name in names_of(bed.calls):
            # A close that was made to fail leaves the file open, and the standard library takes a
            # directory that cannot be closed for a mistake of its own. What a file system tells at a
            # close, it tells before: all is synced.
            if kind == "KILL" or name in FAULTY and name != "close":
                met, wrong = walk((bed, name, kind))
                counts[kind] = counts.get(kind, 0) + met
                failures += wrong
    calls = [line for line in bed.calls if "/maps" not in line and CALL.match(line)]
    if counts.get("KILL", 0) < len(calls) - 2:
        failures.append(f"{case.name}: not every call was met")
    shutil.rmtree(bed.root)
    return case.name, len(calls), counts, failures


def full_disk(tally, carto, place):
    """There is room for the old version and for half of the new one."""
    world = World(os.path.join(tempfile.mkdtemp(dir=place), "w"), carto)
    source(world, "old")
    where = world.path("home/.local")
    os.makedirs(where)
    if not mounted("tmpfs", "size=1m", "none", where):
        not_checked("a full disk", "nothing can be mounted here")
        return
    try:
        world.must(INSTALL)
        source(world, "new")
        world.write("src/carto-hello/large", os.urandom(2 << 20))
        ran = world.run(INSTALL)
        tally.check(ran.code == 5 and b"cannot unpack `large`" in ran.err, f"a full disk: {ran}")
        tally.check(world.run("hello").out == b"old\n", "a full disk: the old one is there")
        tally.check(not left(world), "a full disk: nothing is left over")
        os.remove(world.path("src/carto-hello/large"))
        world.must(INSTALL)
        tally.check(world.run("hello").out == b"new\n", "a full disk: then the new one")
    finally:
        unmount(where)


def at_once(tally, carto, place, rounds):
    """Several installs of one package at once, while it is run and listed."""
    world = World(os.path.join(tempfile.mkdtemp(dir=place), "w"), carto)
    names = [f"v{number}" for number in range(8)]
    for name in names:
        source(world, name, f"{name}/hello")
    world.must("plugin install ../src/v0/hello --yes")
    for _ in range(rounds):
        argv = [[world.carto, *f"plugin install ../src/{name}/hello --yes".split()] for name in names]
        children = [
            subprocess.Popen(words, env=world.env, cwd=world.path("work"), stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            for words in argv
        ]
        while any(child.poll() is None for child in children):
            ran = world.run("hello")
            tally.check(ran.code == 0 and ran.out.decode().strip() in names, f"at once: {ran}")
        for child in children:
            said = child.stderr.read()
            tally.check(child.wait() == 0, f"at once: {said}")
        tally.check(not left(world), f"at once: {left(world)} is left over")
        tally.check(world.run("plugin verify").code == 0, "at once: it is whole")
    # Killed in the middle, all of them: what is left over goes with the next one.
    for _ in range(rounds):
        children = [
            subprocess.Popen([world.carto, *f"plugin install ../src/{name}/hello --yes".split()],
                             env=world.env, cwd=world.path("work"), stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for name in names
        ]
        for child in children:
            child.kill()
            child.wait()
        ran = world.run("hello")
        tally.check(ran.code == 0 and ran.out.decode().strip() in names, f"killed: {ran}")
        world.must("plugin install ../src/v0/hello --yes")
        world.must("plugin install ../src/v1/hello --yes")
        tally.check(not left(world), f"killed: {left(world)} is left over")


def main():
    carto, place, form = sys.argv[1:4]
    tally = Tally()
    kinds = ["KILL", "ENOSPC"] if form == "short" else ["KILL", "ENOSPC", "EIO", "EINTR", "EACCES"]
    cases = range(len(CASES) + (len(LONG) if form == "long" else 0))
    with multiprocessing.Pool(os.cpu_count()) as pool:
        tasks = [(index, kinds, carto, place) for index in cases]
        for name, calls, counts, failures in pool.imap(one_case, tasks):
            print(f"{name}: {calls} system calls, {counts}")
            tally.add(sum(counts.values()), failures)
    full_disk(tally, carto, place)
    at_once(tally, carto, place, 3 if form == "short" else 30)
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(tally.failed > 0)


if __name__ == "__main__":
    main()
