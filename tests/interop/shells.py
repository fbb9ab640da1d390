"""Checks that `carto env` means the same to the programs that read it.

    python3 tests/interop/shells.py CARTO [PYTHON_WITH_DOTENV]

Each reader loads what `carto env` prints for values that could be taken for more than text; its
environment, or what it has read, is compared byte for byte. `tab.py` tries the completion
scripts. A reader that this machine does not have is named and left out. Ends with the counts.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from checks import check, ended, found

VALUES = [
    "plain",
    "two  words ",
    " lead",
    "it's",
    "'",
    "''",
    "a'",
    '"double" \'single\'',
    "$HOME $(echo x) $$ $1",
    "${HOME} ${X:-y} ${",
    "`echo x`",
    "!! !x !$",
    "back\\slash \\n \\' \\\\ \\",
    "\u2018a\u2019 \u201cb\u201d \u201ac\u201b",
    "-n",
    "--",
    "# no comment",
    "a #b",
    "%PATH% %d %25 %0A",
    "*?[a]{b,c}~;&|<>()=^",
    "export X=1; unset PATH",
    "x<<EOF",
    "é 編 🌍",
    "=",
]

# Everything that carto could find, as another program may have left it. carto itself would stop at
# some of these, so it runs without them, and the reader loads its text over them.
STALE = [
    "CARTO_API_URL", "CARTO_API_KEY_FILE", "CARTO_API_TOKEN", "CARTO_PROFILE",
    "CARTO_CREDENTIALS_FILE", "CARTO_PROJECT_DIR", "CARTO_PLUGIN_CONFIG", "CARTO_NESTED",
    "CARTO_ALLOW_NON_SECURE", "CARTO_USERNAME", "CARTO_USER", "CARTO_BASE_URL", "CARTO_API_KEY",
    "CARTO_ORG", "CARTO_BIN", "CARTO_PLUGIN_API",
]

# Prints the environment of a child of the reader, as JSON.
DUMP = "import json, os; print(json.dumps(dict(os.environ)))"

# They mean something in the process of a plugin alone.
PROCESS = [
    "CARTO_PROJECT_DIR", "CARTO_BIN", "CARTO_PLUGIN_API", "CARTO_PLUGIN_CONFIG", "CARTO_NESTED",
]


class Machine:
    """A home with one account, and nothing of the real user."""

    def __init__(self, carto, root):
        self.carto = carto
        self.root = root
        self.home = root / "home"
        self.settings = self.home / ".config/carto"
        self.settings.mkdir(parents=True)
        (root / "bin").mkdir()
        (root / "bin/carto").symlink_to(carto)
        (root / "sys").mkdir()
        keys = self.settings / "credentials.toml"
        keys.write_text(
            '[[credential]]\nbase_url = "https://ann.carto.com"\nusername = "ann"\n'
            'apikey = "key-\'of\\\\$ann`!"\n'
        )
        keys.chmod(0o600)
        self.environment = {
            "HOME": str(self.home),
            "PATH": f"{root}/bin:/usr/local/bin:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "CARTO_SYSTEM_CONFIG_DIR": str(root / "sys"),
            "CARTO_CEILING_DIRECTORIES": str(root),
            "TERM": "xterm",
        }

    def organization(self, value):
        text = f'username = "ann"\norganization = {json.dumps(value, ensure_ascii=False)}\n'
        (self.settings / "config.toml").write_text(text, encoding="utf-8")

    def env(self, form, **more):
        return subprocess.run(
            [self.carto, "env", "--format", form],
            env=self.environment | more, cwd=self.root, capture_output=True,
        )

    def run(self, words, stdin=b"", **more):
        return subprocess.run(
            words, env=self.environment | more, cwd=self.root, capture_output=True, input=stdin,
            timeout=60,
        )

    def wanted(self):
        """What every reader has to have; None is not set."""
        ran = self.env("json")
        ran.check_returncode()
        return json.loads(ran.stdout)

    def in_files(self):
        """What a file has to have: the account, and empty what would name another one."""
        wanted = {name: text or "" for name, text in self.wanted().items()}
        return {name: text for name, text in wanted.items() if name not in PROCESS}


def compare(reader, value, wanted, got):
    wrong = {
        name: (text, got.get(name))
        for name, text in wanted.items()
        if got.get(name) != text
    }
    check(f"{reader} {value!r}", not wrong, wrong)


def shells(machine):
    """Shells that evaluate the text: their children get exactly the contract."""
    python = sys.executable
    load = {
        "dash": ("sh", ["-c"], 'eval "$TEXT"'),
        "bash": ("sh", ["--norc", "-c"], 'eval "$TEXT"'),
        "zsh": ("sh", ["-f", "-c"], 'eval "$TEXT"'),
        "fish": ("fish", ["--no-config", "-c"], "printf '%s\\n' \"$TEXT\" | source"),
        "pwsh": ("powershell", ["-NoProfile", "-Command"], "Invoke-Expression $Env:TEXT"),
    }
    for name, (form, flags, code) in load.items():
        path = found(name)
        if path is None:
            continue
        strict = {"dash": "set -eu; ", "bash": "set -euo pipefail; ", "zsh": "set -eu; "}
        for value in VALUES:
            machine.organization(value)
            wanted = machine.wanted()
            text = machine.env(form).stdout.decode()
            script = f"{strict.get(name, '')}{code}\n{'& ' if name == 'pwsh' else ''}{python} -c '{DUMP}'"
            stale = {name: "stale" for name in STALE}
            ran = machine.run([path, *flags, script], TEXT=text, **stale)
            if ran.returncode != 0 or ran.stderr:
                check(f"{name} {value!r}", False, (ran.returncode, ran.stderr.decode()))
                continue
            compare(name, value, wanted, json.loads(ran.stdout))
        # As people type it.
        typed = "carto env --format fish | source; and echo done" if form == "fish" else None
        typed = typed or ('eval "$(carto env)" && echo done' if form == "sh" else None)
        if typed:
            ran = machine.run([path, *flags, typed])
            check(f"{name}: {typed}", ran.stdout == b"done\n", ran.stderr.decode())


def fish_universal(machine):
    """A universal variable must not show again where carto has unset a name."""
    path = found("fish")
    if path is None:
        return
    machine.organization("x")
    machine.run([path, "-c", "set -Ux CARTO_PROFILE other; set -Ux CARTO_USERNAME other"])
    text = machine.env("fish").stdout.decode()
    code = "printf '%s\\n' \"$TEXT\" | source; env"
    ran = machine.run([path, "-c", code], TEXT=text)
    lines = ran.stdout.decode().splitlines()
    # Empty counts as unset.
    profile = [line for line in lines if line.startswith("CARTO_PROFILE=")]
    check("fish: universal, unset", profile in ([], ["CARTO_PROFILE="]), profile)
    check("fish: universal, set", "CARTO_USERNAME=ann" in lines, lines)
    ran = machine.run([path, "-c", "echo $CARTO_PROFILE"])
    check("fish: the user's own universal variable stays", ran.stdout == b"other\n", ran.stdout)


def dotenv(machine, python):
    """python-dotenv, with its expansion of ${NAME} switched on, as it is by default."""
    code = (
        "import dotenv, json, sys; sys.stdout.write(json.dumps(dotenv.dotenv_values(sys.argv[1])))"
    )
    for value in VALUES:
        machine.organization(value)
        ran = machine.env("dotenv")
        if "${" in value or value.endswith("\\"):
            check(f"dotenv {value!r} is refused", ran.returncode == 2 and not ran.stdout, ran)
            continue
        file = machine.root / ".env"
        file.write_bytes(ran.stdout)
        read = machine.run([python, "-c", code, str(file)])
        if read.returncode != 0:
            check(f"dotenv {value!r}", False, read.stderr.decode())
            continue
        # There is no way to unset there; carto takes empty for unset.
        wanted = machine.in_files()
        compare("python-dotenv", value, wanted, json.loads(read.stdout))
        check(f"python-dotenv {value!r} warns", not read.stderr, read.stderr.decode())


def github_file(text):
    """The file of GITHUB_ENV as GitHub documents it: `NAME=VALUE`, or `NAME<<DELIMITER`, lines of
    the value, and the delimiter on a line of its own."""
    read = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, value = line.split("=", 1)
        elif heredoc >= 0:
            name, delimiter = line.split("<<", 1)
            if not name or not delimiter:
                raise ValueError(f"invalid: {line!r}")
            parts = []
            while (part := next(lines, None)) != delimiter:
                if part is None:
                    raise ValueError(f"no line {delimiter!r}")
                parts.append(part)
            value = "\n".join(parts)
        else:
            raise ValueError(f"invalid: {line!r}")
        read[name] = value
    return read


def unmasked(text):
    """The value of an `add-mask` command, as the runner decodes the data of a command."""
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, char)
    return text


def github(machine):
    for value in VALUES:
        for before in ("", "OLD=1\n", "OLD=1"):
            machine.organization(value)
            file = machine.root / "github-env"
            file.write_text(before)
            ran = machine.env("github", GITHUB_ENV=str(file))
            wanted = {name: text or "" for name, text in machine.wanted().items()}
            mask, end, rest = ran.stdout.decode().partition("\n")
            hidden = unmasked(mask.removeprefix("::add-mask::"))
            check("github masks the key and prints nothing else",
                  mask.startswith("::add-mask::") and hidden == wanted["CARTO_API_KEY"]
                  and end and not rest, ran.stdout)
            if before:
                wanted["OLD"] = "1"
            compare(f"github after {before!r}", value, wanted, github_file(file.read_text()))


def main():
    carto = str(pathlib.Path(sys.argv[1]).resolve())
    # Not resolved: the link is what makes it the interpreter of its environment.
    python = str(pathlib.Path(sys.argv[2]).absolute()) if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory).resolve()
        root.chmod(0o755)
        machine = Machine(carto, root)
        shells(machine)
        fish_universal(machine)
        if python is None:
            print("left out: no Python with python-dotenv was named")
        else:
            dotenv(machine, python)
        github(machine)
    return ended()


if __name__ == "__main__":
    sys.exit(main())
