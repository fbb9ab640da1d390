"""Many writers at once, readers beside them, and writers that die or stop while they hold the lock.

    python3 tests/crash/parallel.py CARTO PLACE short|long

Every writer has to end well and everything it wrote has to be there; every reader has to see a
whole state. Beside it, the same number of `git config`, whose figures are printed, not judged.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

from cases import CONFIG, CREDENTIALS
from world import PATIENCE, Tally, World

SETTINGS = 200
PLUGIN = '#!/bin/sh\nprintf "%s %s\\n" "$CARTO_USERNAME" "$CARTO_API_KEY"\n'
# How long others wait for one holder before they say who it is, and before they give up; as in
# src/replace_file/lock.rs.
SILENT, ONE_HOLDER = 2, 60


class Writer:
    def __init__(self, world, words, stdin="", cwd="work"):
        self.words = words
        self.child = subprocess.Popen(
            [world.carto, *words.split()], env=world.env, cwd=world.path(cwd), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        # At once: who waits for a key does not write.
        try:
            self.child.stdin.write(stdin)
            self.child.stdin.close()
        except BrokenPipeError:
            pass
        self.child.stdin = None

    def end(self, seconds):
        out, err = self.child.communicate(timeout=seconds)
        return self.child.returncode, out + err


def prepared(place, carto):
    """A default account with a key, projects of a clone, and one that is trusted."""
    world = World(os.path.join(tempfile.mkdtemp(dir=place), "w"), carto)
    world.write("bin/carto-who", PLUGIN, 0o755)
    world.must("login https://first.carto.com --key-stdin", stdin=b"key-of-first\n")
    world.must("config set plugins.load.k0 0")
    for number in range(20):
        world.write(f"work/clone{number}/.carto/config.toml", f"# {number}\n")
        account = {"username": f"import{number}", "base_url": f"https://import{number}.carto.com"}
        world.write(f"work/{number}.json", json.dumps({**account, "api_key": f"k{number}"}), 0o600)
    os.makedirs(world.path("work/mine"))
    world.must("init", cwd="work/mine")
    world.must("config set --project username first", cwd="work/mine")
    world.must("config set --project apikey", cwd="work/mine", stdin=b"key-of-project\n")
    return world


def orders(world):
    """What is written: each of it once, none of it twice."""
    for number in range(1, SETTINGS + 1):
        yield f"config set --force plugins.load.k{number} {number}", "", "work"
    for number in range(20):
        # The same short name at many hosts: each needs a profile of its own.
        url = f"https://maps{number}.example.com/user/ann"
        yield f"login {url} --key-stdin", f"login-key-{number}\n", "work"
        yield f"credentials import {number}.json", "", "work"
        yield f"profile add p{number} --username u{number}", "", "work"
        yield f"alias set a{number} who", "", "work"
        digest = subprocess.run(
            ["sha256sum", world.path(f"work/clone{number}/.carto/config.toml")],
            capture_output=True, text=True, check=True,
        ).stdout[:64]
        yield f"trust --expect sha256:{digest}", "", f"work/clone{number}"
        yield f"config set --project --force plugins.load.k{number} {number}", "", "work/mine"
    for number in range(5):
        yield "config set --project apikey", f"project-key-{number}\n", "work/mine"


class Readers(threading.Thread):
    """Reads again and again until told to end; every answer must be a whole one."""

    def __init__(self, world, words, cwd, whole):
        super().__init__()
        self.world, self.words, self.cwd, self.whole = world, words, cwd, whole
        self.done, self.count, self.wrong = threading.Event(), 0, []

    def run(self):
        while not self.done.is_set() or not self.count:
            ran = self.world.run(self.words, cwd=self.cwd)
            self.count += 1
            if ran.code != 0 or not self.whole(ran.out.decode()):
                self.wrong.append(f"carto {self.words} in {self.cwd}: {ran}")


def is_listing(out):
    rows = json.loads(out)
    return {"plugins.load.k0", "username"} <= {row["key"] for row in rows}


def readers(world):
    project = re.compile(r"^first (key-of-project|project-key-\d)\n$")
    yield Readers(world, "config list --json", "work", is_listing)
    yield Readers(world, "config get plugins.load.k0", "work", lambda out: out == "0\n")
    yield Readers(world, "who", "work", lambda out: out == "first key-of-first\n")
    yield Readers(world, "who", "work/mine", lambda out: bool(project.match(out)))
    yield Readers(world, "config get username", "work/mine", lambda out: out == "first\n")
    yield Readers(world, "profile list --json", "work", lambda out: isinstance(json.loads(out), list))


def load(tally, place, carto):
    world = prepared(place, carto)
    beside = [*readers(world)]
    for reader in beside:
        reader.start()
    # All of them stand at the door before the first one gets in.
    holder, pid = stopped(world, tally)
    writers = [Writer(world, *order) for order in orders(world)]
    if pid is not None:
        os.kill(pid, signal.SIGCONT)
    begin = time.monotonic()
    tally.check(holder.wait(PATIENCE) == 0, "the one who held the door did not end")
    failed = 0
    for writer in writers:
        code, said = writer.end(300)
        failed += not tally.check(code == 0, f"carto {writer.words}: exit {code}: {said}")
    seconds = time.monotonic() - begin
    for reader in beside:
        reader.done.set()
        reader.join()
        tally.check(not reader.wrong, "\n    ".join(reader.wrong[:3]))
    lost = [what for what in missing(world) if not tally.check(False, f"lost: {what}")]
    tally.check(not leftovers(world), f"temporaries stay: {leftovers(world)}")
    print(
        f"carto: {len(writers)} writers at once, {failed} commands failed, {len(lost)} values lost; "
        f"{sum(reader.count for reader in beside)} reads beside them, "
        f"{sum(len(reader.wrong) for reader in beside)} wrong ({seconds:.1f} s)"
    )


def missing(world):
    """What was written and is not there."""
    with open(world.path(CONFIG)) as file:
        config = file.read()
    with open(world.path(CREDENTIALS)) as file:
        keys = file.read()
    with open(world.path("work/mine/.carto/config.toml")) as file:
        project = file.read()
    profiles = json.loads(world.must("profile list --json").out)
    accounts = {json.dumps(profile) for profile in profiles}
    for number in range(1, SETTINGS + 1):
        if not re.search(rf'^k{number} = ', config, re.M):
            yield f"plugins.load.k{number}"
    for number in range(20):
        url = f"https://maps{number}.example.com/user/ann"
        if f'"login-key-{number}"' not in keys or not any(f'"{url}"' in text for text in accounts):
            yield f"the login at {url}"
        if f'"k{number}"' not in keys or f"import{number}.carto.com" not in config:
            yield f"the import of {number}.json"
        if f"[profiles.p{number}]" not in config:
            yield f"profile p{number}"
        if not re.search(rf"^a{number} = ", config, re.M):
            yield f"alias a{number}"
        if not re.search(rf"^k{number} = ", project, re.M):
            yield f"plugins.load.k{number} of the project"
        shown = world.must("trust --show --json", cwd=f"work/clone{number}").out
        if json.loads(shown)["standing"] != "trusted":
            yield f"the trust in clone{number}"


def leftovers(world):
    found = []
    for directory, _, names in os.walk(world.root):
        found += [name for name in names if ".tmp-" in name]
    return found


def git_load(place):
    """The same number of settings by git: a lock that is there makes it fail at once."""
    world = World(os.path.join(tempfile.mkdtemp(dir=place), "w"), None)
    world.write("home/.gitconfig", "[user]\n\tname = Ann\n")
    command = ["git", "config", "--global"]
    children = [
        subprocess.Popen(
            [*command, f"load.k{number}", str(number)], env=world.env, cwd=world.path("work"),
            stderr=subprocess.DEVNULL,
        )
        for number in range(1, SETTINGS + 1)
    ]
    failed = sum(child.wait() != 0 for child in children)
    with open(world.path("home/.gitconfig")) as file:
        there = len(re.findall(r"^\tk\d+ = ", file.read(), re.M))
    print(
        f"git: {SETTINGS} writers at once, {failed} commands failed, "
        f"{SETTINGS - failed - there} values lost of those that did not fail"
    )


def held(world, act):
    """A writer that is met by a signal at the sync of its file, so while it holds the lock."""
    log = os.path.join(os.path.dirname(world.root), "log")
    strace = ["strace", "-o", log, "-e", "trace=fsync", "-e", f"inject=fsync:signal={act}:when=1"]
    child = subprocess.Popen(
        [*strace, world.carto, "config", "set", "ui.editor", "held"], env=world.env,
        cwd=world.path("work"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    return child, log


def dead_holder(tally, place, carto):
    world = prepared(place, carto)
    child, _ = held(world, "KILL")
    tally.check(child.wait(PATIENCE) == -signal.SIGKILL, "the holder was not killed")
    begin = time.monotonic()
    ran = world.run("config set ui.editor next")
    seconds = time.monotonic() - begin
    tally.check(ran.code == 0 and seconds < SILENT, f"after a dead holder: {seconds} s, {ran}")
    tally.check(not leftovers(world), f"temporaries stay: {leftovers(world)}")


def stopped(world, tally):
    """Starts a holder and waits until it is stopped; gives it and the number of the program."""
    child, log = held(world, "STOP")
    lock = world.path("home/.config/carto/.lock")
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        time.sleep(0.01)
        if not os.path.exists(log):
            continue
        with open(log, errors="replace") as file:
            if "stopped by SIGSTOP" in file.read():
                with open(lock) as hint:
                    return child, int(hint.read())
    tally.check(False, "the holder was not stopped")
    child.kill()
    return child, None


def stopped_holder(tally, place, carto):
    """The others wait, say for whom, and go on when it does."""
    world = prepared(place, carto)
    child, pid = stopped(world, tally)
    if pid is None:
        return
    others = [Writer(world, f"config set --force plugins.load.k{n} {n}") for n in range(1, 11)]
    ran = world.run("config get plugins.load.k0")
    tally.check(ran.out == b"0\n", f"a reader beside a stopped holder: {ran}")
    time.sleep(SILENT + 1)
    tally.check(all(o.child.poll() is None for o in others), "others did not wait for the holder")
    os.kill(pid, signal.SIGCONT)
    tally.check(child.wait(PATIENCE) == 0, "the holder did not go on")
    for other in others:
        code, said = other.end(PATIENCE)
        expected = f"waiting for process {pid}, which holds {world.path('home/.config/carto/.lock')}"
        tally.check(code == 0 and said.count(expected) == 1, f"{other.words}: exit {code}: {said}")
    with open(world.path(CONFIG)) as file:
        there = re.findall(r"^k\d+ = ", file.read(), re.M)
    tally.check(len(there) == 11, f"{there}")


def stopped_for_good(tally, place, carto):
    """Who waits for one that never goes on ends after a minute with its number."""
    world = prepared(place, carto)
    child, pid = stopped(world, tally)
    if pid is None:
        return
    begin = time.monotonic()
    code, said = Writer(world, "config set ui.editor mine").end(2 * ONE_HOLDER)
    seconds = time.monotonic() - begin
    good = code == 5 and f"process {pid} holds it" in said and f"kill -CONT {pid}" in said
    tally.check(good, f"after a minute: exit {code}: {said}")
    tally.check(ONE_HOLDER <= seconds < ONE_HOLDER + 10, f"given up after {seconds} s")
    os.kill(pid, signal.SIGCONT)
    tally.check(child.wait(PATIENCE) == 0, "the holder did not go on")


def main():
    carto, place, form = sys.argv[1:4]
    tally = Tally()
    load(tally, place, carto)
    git_load(place)
    dead_holder(tally, place, carto)
    stopped_holder(tally, place, carto)
    if form == "long":
        for _ in range(4):
            load(tally, place, carto)
        stopped_for_good(tally, place, carto)
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(tally.failed > 0)


if __name__ == "__main__":
    main()
