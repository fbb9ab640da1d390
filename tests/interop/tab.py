"""Presses Tab in real shells, each at a terminal of its own.

    python3 tests/interop/tab.py CARTO

Each shell loads the script that `carto completions` prints. Then lines are typed as a person does:
some keys, Tab, and Enter. A function takes carto's place for the Enter and prints the words that the
shell made of the line, so what is seen is what a command would have got. A shell that this machine
does not have is named and left out. Ends with the counts.
"""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

from checks import check, ended, found

SETTINGS = """username = "ann"
[profiles.staging]
base_url = "https://maps.example.com/user/ann"
[profiles."my work"]
username = "bob"
[profiles."xy$(touch pwned)`touch pwned`"]
username = "eve"
[alias]
who = "config explain"
st = "--profile staging config"
"""

# What is typed before Tab, what is typed after it, and the words that the shell makes of it.
LINES = [
    ("carto conf", "", ["config"]),
    ("carto config g", "", ["config", "get"]),
    ("carto -p st", "", ["-p", "staging"]),
    ("carto --prof", "x", ["--profile", "x"]),
    ("carto --profile=st", "", ["--profile=staging"]),
    ("carto -p my", "", ["-p", "my work"]),
    ("carto -p xy", "", ["-p", "xy$(touch pwned)`touch pwned`"]),
    ("carto -c ui.color=al", "", ["-c", "ui.color=always"]),
    ("carto -c ui.co", "never", ["-c", "ui.color=never"]),
    ("carto config set ui.color nev", "", ["config", "set", "ui.color", "never"]),
    ("carto config set profiles.st", "organization x",
     ["config", "set", "profiles.staging.organization", "x"]),
    ("carto config get use", "", ["config", "get", "username"]),
    ("carto login https://m", "", ["login", "https://maps.example.com/user/ann"]),
    ("carto wh", "", ["who"]),
    ("carto st ge", "", ["st", "get"]),
    ("carto too", "", ["tool"]),
    ("carto tool --al", "", ["tool", "--all"]),
    ("carto tool fi", "", ["tool", "file one.txt"]),
    ("carto plugin info too", "", ["plugin", "info", "tool"]),
    ("carto help sett", "", ["help", "settings"]),
    ("carto help con", "", ["help", "config"]),
    ("carto env --format gi", "", ["env", "--format", "github"]),
    ("carto --credentials-file=fi", "", ["--credentials-file=file one.txt"]),
    ("carto -C di", "", ["-C", "directory"]),
    ("carto exec unlikely-pro", "", ["exec", "unlikely-program"]),
    ("c conf", "", ["config"]),
]

SHELLS = {
    "bash": {
        "start": ["--norc", "--noprofile", "-i"],
        "set up": """PS1='REA''DY> '; bind 'set bell-style none'; bind 'set page-completions off'
bind 'set enable-bracketed-paste off'; bind 'set show-all-if-ambiguous on'
source "$SCRIPT"
carto() { printf ARGS; printf '<%s>' "$@"; echo END; }; c() { carto "$@"; }
complete -o nospace -F _carto c""",
    },
    "zsh": {
        "start": ["-f", "-i"],
        "set up": """PS1='REA''DY> '; unsetopt zle_bracketed_paste 2>/dev/null; setopt no_beep
fpath=(${SCRIPT:h} $fpath); autoload -Uz compinit; compinit -u -D
bindkey '^I' complete-word
carto() { printf ARGS; printf '<%s>' "$@"; echo END; }; c() { carto "$@"; }; compdef c=carto""",
    },
    "fish": {
        "start": ["--no-config", "--interactive"],
        "set up": """set -g fish_autosuggestion_enabled 0; set -g fish_greeting
function fish_prompt; echo -n REA; echo -n 'DY> '; end
source $SCRIPT
function carto; printf ARGS; printf '<%s>' $argv; echo END; end
function c --wraps carto; carto $argv; end""",
    },
    "elvish": {
        "start": ["-norc"],
        "set up": """set edit:prompt = { print REA; print 'DY> ' }; set edit:rprompt = { }
use str; eval (slurp < $E:SCRIPT)
fn carto {|@a| print ARGS; for x $a { print '<'$x'>' }; echo END }
fn c {|@a| carto $@a }; set edit:completion:arg-completer[c] = $edit:completion:arg-completer[carto]""",
    },
}


class Machine:
    """A home with accounts, aliases and a plugin, and nothing of the real user."""

    def __init__(self, carto, root):
        self.carto = carto
        self.root = root
        self.work = root / "work"
        home = root / "home/.config/carto"
        home.mkdir(parents=True)
        self.work.mkdir()
        for name in ("bin", "sys", "work/directory"):
            (root / name).mkdir()
        (root / "bin/carto").symlink_to(carto)
        self.settings = home / "config.toml"
        self.settings.write_text(SETTINGS)
        (self.work / "file one.txt").write_text("")
        for name in ("carto-tool", "unlikely-program"):
            program = root / "bin" / name
            program.write_text("#!/bin/sh\n")
            program.chmod(0o755)
        (root / "bin/carto-tool.toml").write_text(
            'manifest = 1\ndescription = "A tool"\n[completion]\nwords = ["--all"]\nfiles = true\n'
        )
        self.environment = {
            "HOME": str(root / "home"),
            "PATH": f"{root}/bin:/usr/local/bin:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "CARTO_SYSTEM_CONFIG_DIR": str(root / "sys"),
            "CARTO_CEILING_DIRECTORIES": str(root),
            "TERM": "xterm",
        }

    def run(self, words, **more):
        return subprocess.run(
            words, env=self.environment | more, cwd=self.work, capture_output=True, timeout=60
        )

    def script(self, shell):
        """Writes the script where the shell can load it."""
        directory = self.root / "scripts"
        directory.mkdir(exist_ok=True)
        file = directory / ("_carto" if shell == "zsh" else f"carto.{shell}")
        file.write_bytes(self.run([self.carto, "completions", shell]).stdout)
        return file


class Terminal:
    """A shell at a terminal of its own."""

    def __init__(self, machine, shell, path, **environment):
        self.shell = shell
        self.screen = b""
        self.child, self.fd = pty.fork()
        if self.child == 0:
            os.chdir(machine.work)
            env = machine.environment | {"SCRIPT": str(machine.script(shell))} | environment
            env = {name: value for name, value in env.items() if value is not None}
            os.execve(path, [path, *SHELLS[shell]["start"]], env)
        import fcntl
        import struct
        import termios
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        # What is typed before the shell reads would be read by nobody.
        time.sleep(0.7)
        for line in SHELLS[shell]["set up"].split("\n"):
            self.type(line + "\r")
            self.settle(0.3)
        self.wait("READY>")

    def type(self, text):
        os.write(self.fd, text.encode())

    def read(self, limit):
        if not select.select([self.fd], [], [], limit)[0]:
            return False
        try:
            part = os.read(self.fd, 65536)
        except OSError:
            return False
        self.screen += part
        return bool(part)

    def settle(self, quiet):
        """Waits until nothing more is drawn."""
        while self.read(quiet):
            pass

    def wait(self, text, limit=10):
        end = time.monotonic() + limit
        while text.encode() not in self.screen and time.monotonic() < end:
            self.read(0.1)
        return text.encode() in self.screen

    def tab(self, line, after):
        """Types a line, Tab, what follows, and Enter; returns the words and what was drawn."""
        self.settle(0.05)
        self.screen = b""
        self.type(line)
        self.settle(0.1)
        self.type("\t")
        # A Tab takes a few milliseconds; a busy machine some more.
        self.read(5)
        self.settle(0.4)
        if self.shell == "elvish" and b"COMPLETING" in self.screen:
            # It shows even one candidate, which Enter takes.
            self.type("\r")
            self.settle(0.2)
        self.type(after + "\r")
        self.wait("END")
        self.settle(0.1)
        drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b.", "", self.screen.decode(errors="replace"))
        found = re.findall(r"ARGS((?:<[^\n]*>)?)END", drawn)
        words = found[-1][1:-1].split("><") if found and found[-1] else []
        # Some shells take the slash behind a directory away at Enter.
        words = [word.removesuffix("/") for word in words]
        return words, drawn

    def close(self):
        os.close(self.fd)
        try:
            os.kill(self.child, 9)
        except ProcessLookupError:
            pass
        os.waitpid(self.child, 0)


def pressed(machine):
    """Each line in each shell."""
    for shell in SHELLS:
        path = found(shell)
        if path is None:
            continue
        terminal = Terminal(machine, shell, path)
        for line, after, wanted in LINES:
            # elvish has no list of programs for scripts, and takes the longest beginning first.
            if shell == "elvish" and (line.startswith("carto exec") or line == "carto --prof"):
                continue
            words, drawn = terminal.tab(line, after)
            if words != wanted:
                # A machine that is busy may have drawn late: once more, and then it counts.
                terminal.settle(2)
                words, drawn = terminal.tab(line, after)
            check(f"{shell}: {line}<TAB>{after}", words == wanted, (words, drawn[-600:]))
        terminal.close()
        check(f"{shell}: no name was run", not (machine.work / "pwned").exists())


def listed(machine):
    """What there are several of is listed, with descriptions where the shell has room for them."""
    for shell, described in (("bash", False), ("zsh", True), ("fish", True)):
        path = found(shell)
        if path is None:
            continue
        terminal = Terminal(machine, shell, path)
        terminal.screen = b""
        terminal.type("carto config e\t")
        terminal.settle(0.5)
        terminal.type("\t")
        terminal.settle(1)
        drawn = terminal.screen.decode(errors="replace")
        check(f"{shell}: both are listed", "explain" in drawn and "edit" in drawn, drawn)
        check(f"{shell}: descriptions", ("Open a settings file" in drawn) == described, drawn)
        terminal.close()


def silent(machine):
    """Whatever is wrong, Tab draws nothing but the line."""
    for shell in SHELLS:
        path = found(shell)
        if path is None:
            continue
        project = machine.work / ".carto"
        project.mkdir()
        (project / "config.toml").write_text('base_url = "https://evil.example"\n')
        for what, text, environment in (
            ("a broken settings file", "broken\n", {}),
            ("an untrusted project", SETTINGS, {}),
            ("no HOME", SETTINGS, {"HOME": None}),
        ):
            # elvish itself does not start without a home.
            if shell == "elvish" and "HOME" in environment:
                continue
            machine.settings.write_text(text)
            terminal = Terminal(machine, shell, path, **environment)
            words, drawn = terminal.tab("carto conf", "")
            check(f"{shell}: {what}", words == ["config"], drawn)
            loud = re.search(r"error|warning|invalid|note:|evil", drawn)
            check(f"{shell}: {what}: nothing is said", loud is None, drawn)
            terminal.close()
        machine.settings.write_text(SETTINGS)
        shutil.rmtree(project)


def installed(machine):
    """A script that was installed is found by a shell that has just been set up."""
    path = found("fish")
    if path is not None:
        machine.run([machine.carto, "completions", "--install", "fish"]).check_returncode()
        ran = machine.run([path, "-c", "complete -C 'carto conf'"])
        check("fish: an installed script", ran.stdout.startswith(b"config\t"), ran.stdout)
    path = found("bash")
    loader = pathlib.Path("/usr/share/bash-completion/bash_completion")
    if path is not None and loader.exists():
        machine.run([machine.carto, "completions", "--install", "bash"]).check_returncode()
        code = (f"source {loader}; _completion_loader carto 2>/dev/null || _comp_load carto;"
                " complete -p carto")
        ran = machine.run([path, "--norc", "-c", code])
        check("bash: an installed script", b"-F _carto carto" in ran.stdout, ran)
    path = found("zsh")
    if path is not None:
        machine.run([machine.carto, "completions", "--install", "zsh"]).check_returncode()
        code = "fpath=(~/.zfunc $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[carto]"
        ran = machine.run([path, "-f", "-c", code])
        check("zsh: an installed script", ran.stdout == b"_carto\n", ran)


def programs_run(machine):
    """A Tab starts no program, but the plugin whose manifest answers, and that one once."""
    if found("strace") is None:
        return
    asking = machine.root / "bin/carto-asking"
    asking.write_text("#!/bin/sh\nprintf 'answer\\n'\n")
    asking.chmod(0o755)
    (machine.root / "bin/carto-asking.toml").write_text(
        'manifest = 1\n[completion]\nprotocol = "clap"\n'
    )
    lines = [line for line, _, _ in LINES] + ["carto ", "carto asking", "carto plugin run "]
    for line, more in [(line, []) for line in lines] + [("carto asking ", ["carto-asking"])]:
        trace = machine.root / "trace"
        ran = machine.run(["strace", "-f", "-qq", "-e", "trace=execve,connect", "-o", str(trace),
                           machine.carto, "completions", "bash", "--ask=", "--", line])
        ran.check_returncode()
        text = trace.read_text()
        programs = [pathlib.Path(name).name for name in re.findall(r'execve\("([^"]*)"', text)]
        check(f"{line}: programs", programs[1:] == more, programs)
        check(f"{line}: no connection", "connect(" not in text, text)


def main():
    carto = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory).resolve()
        root.chmod(0o755)
        machine = Machine(carto, root)
        pressed(machine)
        listed(machine)
        silent(machine)
        installed(machine)
        programs_run(machine)
    return ended()


if __name__ == "__main__":
    sys.exit(main())
