"""Runs plugins that nobody here wrote, and the new plugins that carto writes, with the real tools.

    python3 tests/interop/plugins.py CARTO BIN

BIN holds the programs of the environment that tests/interop/plugins.txt lists: carto-print,
carto-bq-tiler, carto_sql, carto_report, pytest, pip. A server on 127.0.0.1 takes the place of CARTO's and
notes what it is asked. `cargo` and `gh` are used where they are there, and named where not. Ends with the
counts.
"""

import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import zlib

from checks import check, ended, found

def picture():
    """A PNG of one pixel."""
    def chunk(kind, data):
        return (len(data).to_bytes(4, "big") + kind + data
                + zlib.crc32(kind + data).to_bytes(4, "big"))
    head = (1).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
            + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b""))


class Server(http.server.ThreadingHTTPServer):
    """Answers like CARTO, as far as it is asked here, and notes every request."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode(errors="replace")
        self.server.seen.append((self.command, self.path, body))
        path = urllib.parse.urlsplit(self.path).path
        if "/maps/" in path or "/map/" in path:
            data, kind = picture(), "image/png"
        elif "/sql" in path:
            answer = {"rows": [{"n": 42}], "time": 0.1, "fields": {"n": {"type": "number"}},
                      "total_rows": 1}
            data, kind = json.dumps(answer).encode(), "application/json"
        else:
            data, kind = b"{}", "application/json"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET

    def log_message(self, *_):
        pass


class Machine:
    """A home with one account at the local server, and nothing of the real user."""

    def __init__(self, carto, bin, root):
        self.carto = carto
        self.root = root
        self.server = Server()
        self.base_url = f"http://127.0.0.1:{self.server.server_address[1]}/user/ann"
        self.settings = root / "home/.config/carto"
        self.settings.mkdir(parents=True)
        for name in ("bin", "sys", "work"):
            (root / name).mkdir()
        (root / "bin/carto").symlink_to(carto)
        (self.settings / "config.toml").write_text(f'base_url = "{self.base_url}"\n')
        keys = self.settings / "credentials.toml"
        keys.write_text(f'[[credential]]\nbase_url = "{self.base_url}"\napikey = "ann-key-1"\n')
        keys.chmod(0o600)
        self.environment = {
            "HOME": str(root / "home"),
            "PATH": f"{root}/bin:{bin}:/usr/local/bin:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "CARTO_SYSTEM_CONFIG_DIR": str(root / "sys"),
            "CARTO_CEILING_DIRECTORIES": str(root),
            # What these releases need of the newer libraries that they run with here.
            "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python",
            "MPLBACKEND": "Agg",
            "PYTHONWARNINGS": "ignore",
        }
        # What cargo needs of the real user: its programs, and the crates that it has.
        for name in ("CARGO_HOME", "RUSTUP_HOME"):
            default = pathlib.Path.home() / f".{name.split('_')[0].lower()}"
            self.environment[name] = os.environ.get(name, str(default))

    def run(self, words, where="work", limit=300, **more):
        if isinstance(words, str):
            words = words.split(" ")
        return subprocess.run(words, env=self.environment | more, cwd=self.root / where,
                              capture_output=True, text=True, timeout=limit)

    def tab(self, *words):
        """What Tab offers at the end of these words: the kind, and the words."""
        ran = self.run([self.carto, "completions", "fish", "--ask", "--", "carto", *words])
        kind, *lines = ran.stdout.splitlines()
        return kind.split()[0], [line.split("\t")[0] for line in lines], ran.stderr

    def manifest(self, name, text):
        directory = self.settings / "plugins"
        directory.mkdir(exist_ok=True)
        (directory / f"{name}.toml").write_text(text)


def carto_print(machine):
    """A program that takes the account as arguments becomes a plugin by an alias."""
    ran = machine.run("carto alias set print")
    alias = "print {username} --server-url {base_url}"
    ran = machine.run(["carto", "alias", "set", "print", alias])
    check("carto-print: the alias", ran.returncode == 0, ran)
    # A minus at its beginning would be an option to argparse.
    words = "carto print tpl 3 3 4 1,1,20,20 --output-dir".split() + [str(machine.root / "work")]
    machine.server.seen.clear()
    ran = machine.run(words)
    check("carto-print: it exports", ran.returncode == 0 and "Exported! " in ran.stdout, ran)
    paths = [path for _, path, _ in machine.server.seen]
    check("carto-print: at the account's server", paths and all(
        path.startswith("/user/ann/api/v1/map/static/named/tpl") for path in paths), paths)
    check("carto-print: without the key", not any("ann-key-1" in path for path in paths), paths)
    ran = machine.run("carto help print")
    check("carto-print: its help", ran.returncode == 0 and "MAP_TPL" in ran.stdout, ran)
    machine.manifest("print", 'description = "Exports maps"\ncredentials = "none"\n'
                     '[completion]\nwords = ["--dpi"]\nfiles = true\n')
    ran = machine.run("carto plugin info print")
    check("carto-print: a word of one's own", "Exports maps" in ran.stdout
          and "needs none" in ran.stdout, ran)
    check("carto-print: Tab", machine.tab("print", "--d") == ("files", ["--dpi"], ""),
          machine.tab("print", "--d"))


def bq_tiler(machine):
    ran = machine.run("carto bq-tiler --version")
    check("carto-bq-tiler: it runs", ran.stdout.startswith("carto-bq-tiler v"), ran)
    ran = machine.run("carto bq-tiler no-such-command")
    check("carto-bq-tiler: its exit status", ran.returncode == 2, ran)
    machine.manifest("bq-tiler", '[completion]\nprotocol = "click"\n')
    kind, words, said = machine.tab("bq-tiler", "")
    # It takes the better part of a second to start: then files are offered, and nothing is said.
    check("carto-bq-tiler: Tab", (kind, words) == ("files", []) or "list" in words, (kind, words))
    check("carto-bq-tiler: Tab is silent", said == "", said)


def carto_cli(machine):
    """Programs of other names, by an alias that gives them the names they know the account by."""
    for name in ("sql", "report"):
        words = f"exec --as carto-python -- carto_{name}"
        ran = machine.run(["carto", "alias", "set", f"old-{name}", words])
        check(f"carto_{name}: the alias", ran.returncode == 0, ran)
    machine.server.seen.clear()
    ran = machine.run(["carto", "old-sql", "run", "select 42 as n"])
    check("carto_sql: it answers", ran.returncode == 0 and "42" in ran.stdout, ran)
    asked = machine.server.seen
    check("carto_sql: at the account's server, with its key", asked and all(
        path.startswith("/user/ann/api/v2/sql") and "ann-key-1" in path + body
        for _, path, body in asked), asked)
    machine.server.seen.clear()
    ran = machine.run("carto old-report --output report.html")
    asked = machine.server.seen
    check("carto_report: at the account's server, with its key", asked and all(
        path.startswith("/user/ann/api/") and "ann-key-1" in path + body
        for _, path, body in asked), (asked, ran))
    ran = machine.run("carto --isolated old-sql run x")
    check("an alias is no command without files", ran.returncode == 127, ran)


ASKED = {
    "click": """
import click
@click.group()
def cli(): pass
@cli.command(help="Does one: thing")
@click.option("--format", type=click.Choice(["csv", "json"]))
@click.argument("file", type=click.File())
def one(format, file): pass
@cli.command()
def other(): pass
cli(prog_name="carto-asked")
""",
    "argcomplete": """
import argparse, argcomplete
parser = argparse.ArgumentParser(prog="carto-asked")
commands = parser.add_subparsers()
one = commands.add_parser("one", help="Does one thing")
one.add_argument("--format", choices=["csv", "json"])
commands.add_parser("other")
argcomplete.autocomplete(parser)
parser.parse_args()
""",
}


def protocols(machine, python):
    """The libraries themselves answer."""
    for protocol, text in ASKED.items():
        program = machine.root / "bin/carto-asked"
        program.write_text(f"#!{python}\n{text}")
        program.chmod(0o755)
        machine.manifest("asked", f'[completion]\nprotocol = "{protocol}"\n')
        # The first start of an interpreter reads its modules from the disk.
        machine.tab("asked", "")
        for typed, wanted in ((["o"], ["one", "other"]), (["one", "--f"], ["--format"]),
                              (["one", "--format", ""], ["csv", "json"])):
            kind, words, said = machine.tab("asked", *typed)
            words = [word.rstrip() for word in words]
            check(f"{protocol}: {typed}", words == wanted and not said, (kind, words, said))
    kind, words, said = machine.tab("asked", "one", "--nothing", "")
    check("argcomplete: silent", said == "", said)
    # Which cobra's protocol is tried with.
    gh = found("gh")
    if gh is None:
        return
    (machine.root / "bin/carto-gh").symlink_to(gh)
    machine.manifest("gh", '[completion]\nprotocol = "cobra"\n')
    kind, words, said = machine.tab("gh", "pr", "che")
    check("cobra: commands", words == ["checkout", "checks"] and not said, (kind, words, said))
    kind, words, said = machine.tab("gh", "pr", "list", "--sta")
    check("cobra: flags", "--state" in words and not said, (kind, words, said))
    kind, words, said = machine.tab("gh", "pr", "list", "--state", "")
    check("cobra: values", "closed" in words and not said, (kind, words, said))


def created(machine):
    """The two commands that `plugin create` prints, as they are printed."""
    for lang in ("sh", "python", "rust"):
        if lang == "rust" and shutil.which("cargo") is None:
            print("left out: there is no cargo on this machine")
            continue
        path = machine.environment["PATH"]
        if lang == "rust":
            path += ":" + str(pathlib.Path(shutil.which("cargo")).parent)
        name = f"new-{lang}"
        ran = machine.run(["carto", "plugin", "create", name, "--lang", lang])
        check(f"create {lang}", ran.returncode == 0, ran)
        test, run = ran.stdout.splitlines()
        ran = machine.run(["sh", "-c", test], PATH=path)
        check(f"create {lang}: {test}", ran.returncode == 0, ran.stdout + ran.stderr)
        ran = machine.run(["sh", "-c", run], PATH=path)
        said = f"hello ann at {machine.base_url} (key: yours)\n"
        check(f"create {lang}: {run}", ran.stdout == said, ran)
    ran = machine.run("pip install --no-build-isolation --no-deps --quiet ./carto-new-python")
    check("create python: pip install", ran.returncode == 0, ran)
    ran = machine.run("carto plugin info new-python --json")
    info = json.loads(ran.stdout)
    check("create python: pip lays the manifest where carto looks",
          info["manifest"]["place"] == "share" and info["problem"] is None, info)
    check("create python: Tab", "--json" in machine.tab("new-python", "--")[1])
    ran = machine.run("carto new-python --json")
    check("create python: installed, it runs", json.loads(ran.stdout)["key"] == "yours", ran)
    machine.run("pip uninstall --quiet --yes carto-new-python")
    if shutil.which("cargo") is not None:
        rust(machine)


# What a plugin adds to answer Tab by itself.
COMPLETES = ("fn main() -> ExitCode {",
             "fn main() -> ExitCode {\n"
             "    clap_complete::CompleteEnv::with_factory(<Args as clap::CommandFactory>::command)"
             ".complete();")


def rust(machine):
    program = machine.root / "work/carto-new-rust/target/debug/carto-new-rust"
    (machine.root / "bin/carto-new-rust").symlink_to(program)
    # Beside the source lies the manifest, beside the program none: it prints its own.
    ran = machine.run("carto plugin register new-rust")
    check("create rust: register", ran.returncode == 0, ran)
    info = json.loads(machine.run("carto plugin info new-rust --json").stdout)
    check("create rust: its manifest", info["manifest"]["place"] == "registered", info)
    source = machine.root / "work/carto-new-rust"
    main = source / "src/main.rs"
    main.write_text(main.read_text().replace(*COMPLETES))
    cargo = source / "Cargo.toml"
    cargo.write_text(cargo.read_text().replace(
        "[dependencies]\n",
        '[dependencies]\nclap_complete = { version = "4", features = ["unstable-dynamic"] }\n'))
    path = machine.environment["PATH"] + ":" + str(pathlib.Path(shutil.which("cargo")).parent)
    ran = machine.run("cargo build --quiet", where="work/carto-new-rust", PATH=path)
    check("clap: it builds", ran.returncode == 0, ran)
    info = json.loads(machine.run("carto plugin info new-rust --json").stdout)
    check("clap: another build", info["registered_for_another_build"] is True, info)
    machine.manifest("new-rust", '[completion]\nprotocol = "clap"\n')
    kind, words, said = machine.tab("new-rust", "--j")
    check("clap: Tab", words == ["--json"] and not said, (kind, words, said))


def main():
    carto = str(pathlib.Path(sys.argv[1]).resolve())
    bin = pathlib.Path(sys.argv[2]).absolute()
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory).resolve()
        root.chmod(0o755)
        machine = Machine(carto, bin, root)
        carto_print(machine)
        bq_tiler(machine)
        carto_cli(machine)
        protocols(machine, bin / "python")
        created(machine)
        machine.server.shutdown()
    return ended()


if __name__ == "__main__":
    sys.exit(main())
