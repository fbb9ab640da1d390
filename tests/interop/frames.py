"""Runs real CARTOframes, IPython and a Jupyter kernel through `carto frames`, against a PostgreSQL.

    python3 tests/interop/frames.py CARTO BIN ONE ZERO

BIN is that of an environment with carto-frames, IPython, ipykernel, nbconvert and what CARTOframes
needs; ONE and ZERO are directories with CARTOframes 1.2.5 and 0.10.1. The python has psycopg2.
"""

import json
import os
import pathlib
import pty
import re
import select
import sys
import time

import certificate
from checks import check, ended
from sql_server import Machine, front, started

KEY = "ann-key-1"
READ = """
from cartoframes import read_carto
print(sorted(read_carto("SELECT id, name FROM places")["id"]))
"""
CONTEXT = """
from cartoframes import CartoContext
print(sorted(CartoContext().query("SELECT id, name FROM places")["id"]))
"""


def notebook(*cells):
    return json.dumps({
        "nbformat": 4, "nbformat_minor": 4, "metadata": {"kernelspec": {
            "name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": [{"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [],
                   "source": cell} for cell in cells]})


class Frames(Machine):
    def frames(self, *words, **more):
        return self.run_carto("frames", *words, **more)

    def session(self, steps, **more):
        """Types lines at a terminal, each when its prompt is there; returns what stands on it."""
        pid, end = pty.fork()
        if pid == 0:
            os.chdir(self.root)
            os.execve(self.carto, [self.carto, "frames"], self.environment | {"TERM": "dumb"} | more)
        shown = ""
        for prompt, line in steps:
            limit = time.monotonic() + 60
            while not re.search(prompt, shown) and time.monotonic() < limit:
                if select.select([end], [], [], 1)[0]:
                    try:
                        shown += os.read(end, 65536).decode(errors="replace")
                    except OSError:
                        break
            os.write(end, line.encode())
        try:
            while piece := os.read(end, 65536):
                shown += piece.decode(errors="replace")
        except OSError:
            pass
        os.close(end)
        return shown, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def without_key(machine, ran, what):
    check(f"{what}: the key is not shown", KEY not in ran.stdout + ran.stderr, ran)
    for path in machine.root.rglob("*"):
        if path.is_file() and path.name != "credentials.toml":
            check(f"{what}: no key in {path.name}", KEY.encode() not in path.read_bytes())


def one(machine):
    (machine.root / "read.py").write_text(READ)
    ran = machine.frames("read.py")
    check("1.2.5: a script", ran.returncode == 0 and ran.stdout == "[1, 2, 3]\n", ran)
    without_key(machine, ran, "1.2.5")
    ran = machine.frames("-c", "import subprocess, sys; subprocess.run([sys.executable, 'read.py'])")
    check("1.2.5: a child", ran.stdout == "[1, 2, 3]\n", ran)
    (machine.root / "map.ipynb").write_text(notebook(READ, "import cartoframes\ncartoframes.__version__"))
    ran = machine.frames("--", "jupyter", "nbconvert", "--execute", "--to", "notebook", "--output",
                         "done.ipynb", "map.ipynb")
    done = machine.root / "done.ipynb"
    written = done.read_text() if done.exists() else ""
    check("1.2.5: a notebook", ran.returncode == 0 and "[1, 2, 3]" in written
          and "1.2.5" in written, (ran, written))
    without_key(machine, ran, "a notebook")
    # Started by Jupyter itself, with the extension.
    (machine.root / "own.ipynb").write_text(notebook("%load_ext carto_frames", READ))
    ran = machine.run_program("jupyter", "nbconvert", "--execute", "--to", "notebook", "--output",
                              "owned.ipynb", "own.ipynb")
    owned = machine.root / "owned.ipynb"
    check("%load_ext", ran.returncode == 0 and "[1, 2, 3]" in owned.read_text(), ran)
    without_key(machine, ran, "%load_ext")
    shown, code = machine.session([
        (r"In \[1\]", "from cartoframes import read_carto\n"),
        (r"In \[2\]", "sorted(read_carto('SELECT id FROM places')['id'])\n"),
        (r"Out\[2\].*\[1, 2, 3\]", "exit\n")])
    check("IPython", code == 0 and "[1, 2, 3]" in shown and KEY not in shown, (shown, code))
    ran = machine.frames("-c", "raise SystemExit(7)")
    check("an exit status", ran.returncode == 7, ran)
    ran = machine.run_carto("plugin", "info", "frames")
    check("pip lays the manifest where carto looks", "Runs Python with CARTOframes'" in ran.stdout, ran)


def zero(machine):
    (machine.root / "context.py").write_text(CONTEXT)
    ran = machine.frames("-W", "ignore", "context.py")
    # It reads numbers as floating ones.
    check("0.10.1: a script", ran.returncode == 0 and ran.stdout == "[1.0, 2.0, 3.0]\n", ran)
    without_key(machine, ran, "0.10.1")


def main():
    carto, bin, newest, old = (str(pathlib.Path(word).resolve()) for word in sys.argv[1:5])
    with started() as (root, postgres):
        server = front(postgres)
        (root / "machine").mkdir()
        machine = Frames(carto, bin, root / "machine", server.server_address[1])
        # CARTOframes counts its users elsewhere, unless this file says no.
        metrics = root / "machine/home/.config/cartoframes"
        metrics.mkdir(parents=True)
        (metrics / "metrics.json").write_text('{"enabled": false}')
        machine.environment["PYTHONPATH"] = newest
        machine.environment["PATH"] += f":{pathlib.Path(carto).parent}"
        one(machine)
        server.shutdown()
        # 0.x takes no address without encryption.
        authority, context = certificate.made(root / "tls")
        server = front(postgres, context)
        (root / "older").mkdir()
        machine = Frames(carto, bin, root / "older", server.server_address[1], "https")
        machine.environment |= {"PYTHONPATH": old, "CARTO_CA_FILE": str(authority)}
        zero(machine)
        server.shutdown()
    return ended()


if __name__ == "__main__":
    sys.exit(main())
