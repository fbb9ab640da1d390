"""Checks carto against the programs that keep its keys: pass with gpg, and git's credential helpers.

    sources.py CARTO

Everything happens in a scratch home with a key of its own; no other keyring or helper is touched.
The last line counts the checks.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from checks import check, ended

CARTO = os.path.abspath(sys.argv[1])
KEY = "k1_from-a-keeper"
URL = "https://ann.carto.com"
class Machine:
    """A scratch home. gpg's sockets want a short path."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="carto")
        self.home = os.path.join(self.root, "home")
        os.makedirs(os.path.join(self.root, "work"))
        os.makedirs(self.home, mode=0o700)
        self.env = {
            "HOME": self.home,
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "GNUPGHOME": os.path.join(self.home, ".gnupg"),
            "CARTO_SYSTEM_CONFIG_DIR": os.path.join(self.root, "sys"),
            "CARTO_CEILING_DIRECTORIES": self.root,
        }

    def run(self, *words, stdin="", env=None, timeout=60):
        return subprocess.run(
            words,
            input=stdin,
            text=True,
            capture_output=True,
            cwd=os.path.join(self.root, "work"),
            env={**self.env, **(env or {})},
            timeout=timeout,
        )

    def carto(self, *words, **options):
        return self.run(CARTO, *words, **options)

    def file(self, name):
        path = os.path.join(self.home, name)
        return open(path).read() if os.path.exists(path) else ""

    def end(self):
        self.run("gpgconf", "--kill", "all")
        self.run("git", "credential-cache", "exit")
        shutil.rmtree(self.root, ignore_errors=True)


def says(ran, status, *texts):
    """Whether a call ended so and said these texts, and never the key."""
    all_said = ran.stdout + ran.stderr
    return ran.returncode == status and all(text in all_said for text in texts) and KEY not in all_said


def made(machine):
    machine.carto("config", "set", "username", "ann")
    os.makedirs(machine.env["GNUPGHOME"], mode=0o700)
    keyed = machine.run(
        "gpg", "--batch", "--pinentry-mode", "loopback", "--passphrase", "", "--quick-generate-key",
        "carto test <carto@example.com>", "default", "default", "never",
    )
    stored = machine.run("pass", "init", "carto@example.com")
    check("a gpg key and a store of pass are made", keyed.returncode + stored.returncode == 0,
          keyed.stderr + stored.stderr)


def with_pass(machine):
    insert = ("pass", "insert", "-m", "-f", "carto/prod")
    machine.run(*insert, stdin=KEY + "\n")
    ran = machine.carto("config", "set", "apikey", "--from-command", "--", "pass", "show", "carto/prod")
    check("a command of pass is set", ran.returncode == 0, ran.stderr)
    ran = machine.carto("config", "get", "apikey")
    check("the key comes from pass", (ran.returncode, ran.stdout) == (0, KEY + "\n"), ran.stderr)
    # The agent that gpg starts outlives it.
    machine.run("gpgconf", "--kill", "all")
    begin = time.monotonic()
    ran = machine.carto("exec", "--", "sh", "-c", 'printf %s "$CARTO_API_KEY"')
    check("an agent that stays does not hold carto up",
          ran.stdout == KEY and time.monotonic() - begin < 20, ran.stderr)
    ran = machine.carto("config", "explain")
    check("explain names the command", says(ran, 0, "the command `pass show carto/prod`"), ran.stderr)
    for text, reason in [
        (f"{KEY}\nuser: ann\n", "more than one line"),
        ("\n", "the key is empty"),
        (f"{KEY}\x1b[31m\n", "not printable ASCII"),
        (f"{KEY} x\n", "not printable ASCII"),
        (f"{KEY}\u00e9\n", "not printable ASCII"),
    ]:
        machine.run(*insert, stdin=text)
        ran = machine.carto("env")
        check(f"pass with {text!r}: {reason}", says(ran, 4, reason), ran.stdout + ran.stderr)
    machine.run("pass", "rm", "-f", "carto/prod")
    ran = machine.carto("env")
    check("an entry that is not there is said by pass itself",
          says(ran, 4, "it ended with status 1", "carto/prod is not in the password store"), ran.stderr)
    ran = machine.carto("env", env={"PATH": os.path.join(machine.root, "empty")})
    check("no pass on PATH", says(ran, 4, "no program `pass`"), ran.stderr)


def interrupted(machine):
    """A passphrase that nobody types: pinentry stands for any helper that waits."""
    waiting = os.path.join(machine.home, "waiting")
    pinentry = os.path.join(machine.home, "pinentry")
    with open(pinentry, "w") as script:
        script.write(f"#!/bin/sh\necho OK\necho $$ >{waiting}\nexec sleep 60\n")
    os.chmod(pinentry, 0o755)
    machine.carto("config", "set", "apikey", "--from-command", "--", pinentry)
    for name, number, whole in [("Ctrl-C", signal.SIGINT, True), ("kill", signal.SIGTERM, False)]:
        if os.path.exists(waiting):
            os.remove(waiting)
        child = subprocess.Popen(
            [CARTO, "env"], env=machine.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )
        helper = wait_for(waiting)
        (os.killpg if whole else os.kill)(child.pid, number)
        status = child.wait(timeout=10)
        check(f"{name} ends carto", status == -number, str(status))
        check(f"{name} ends the helper", ends(helper))


def wait_for(path):
    for _ in range(500):
        if os.path.exists(path) and re.fullmatch(r"\d+\n", open(path).read()):
            time.sleep(0.2)
            return int(open(path).read())
        time.sleep(0.02)
    raise SystemExit("the helper did not start")


def ends(process):
    for _ in range(250):
        try:
            os.kill(process, 0)
            if re.search(r"^State:\s*Z", open(f"/proc/{process}/status").read(), re.M):
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def login(machine, *words, key=KEY):
    return machine.carto("login", URL, "--key-stdin", *words, stdin=key + "\n")


def with_git(machine, helper, where):
    machine.run("git", "config", "--global", "credential.helper", helper)
    ran = login(machine, "--store", "git")
    check(f"{where}: login keeps the key", says(ran, 0, "git's credential helpers keep the key"), ran.stderr)
    check(f"{where}: carto's file has no key",
          KEY not in machine.file(".config/carto/credentials.toml")
          and "git-credential = true" in machine.file(".config/carto/credentials.toml"))
    ran = machine.carto("config", "get", "apikey")
    check(f"{where}: the key comes back", ran.stdout == KEY + "\n", ran.stderr)
    request = "protocol=https\nhost=ann.carto.com\nusername=ann\n\n"
    ran = machine.run("git", "credential", "fill", stdin=request)
    check(f"{where}: git itself gives it", f"password={KEY}\n" in ran.stdout, ran.stderr)
    ran = login(machine, key="k2")
    check(f"{where}: a new key takes the place of the old one",
          machine.carto("config", "get", "apikey").stdout == "k2\n", ran.stderr)
    ran = machine.carto("logout")
    check(f"{where}: logout forgets it", says(ran, 0, "git's credential helpers forgot"), ran.stderr)
    ran = machine.run("git", "credential", "fill", stdin=request, env={"GIT_TERMINAL_PROMPT": "0"})
    check(f"{where}: git has it no more", ran.returncode != 0 and "password=" not in ran.stdout)
    # What another program has stored is found.
    machine.run("git", "credential", "approve", stdin=request.rstrip("\n") + f"\npassword={KEY}\n\n")
    machine.carto("config", "set", "apikey", "--from-git")
    ran = machine.carto("config", "get", "apikey")
    check(f"{where}: a key that git had before is found", ran.stdout == KEY + "\n", ran.stderr)
    machine.carto("config", "unset", "apikey")


def with_git_that_fails(machine):
    machine.run("git", "config", "--global", "--unset-all", "credential.helper")
    before = machine.file(".config/carto/credentials.toml")
    ran = login(machine, "--store", "git")
    check("git without a helper: nothing is stored",
          says(ran, 5, "no credential helper that kept the key", "credential.helper")
          and machine.file(".config/carto/credentials.toml") == before, ran.stderr)
    machine.run("git", "config", "--global", "credential.helper", "not-there")
    ran = login(machine, "--store", "git")
    check("a helper that is not there: nothing is stored",
          says(ran, 5, "no credential helper that kept the key"), ran.stderr)
    machine.run("git", "config", "--global", "credential.helper", "!exit 1;")
    machine.carto("config", "set", "apikey", "--from-git")
    ran = machine.carto("env")
    check("a helper that fails", says(ran, 4, "git's credential helpers"), ran.stderr)
    ran = machine.carto("env", env={"PATH": os.path.join(machine.root, "empty")})
    check("no git on PATH", says(ran, 4, "there is no git"), ran.stderr)


def main():
    machine = Machine()
    try:
        made(machine)
        with_pass(machine)
        interrupted(machine)
        with_git(machine, "store", "git credential-store")
        with_git(machine, "cache", "git credential-cache")
        with_git_that_fails(machine)
    finally:
        machine.end()
    return ended()


sys.exit(main())
