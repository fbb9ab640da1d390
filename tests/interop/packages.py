"""Installs what .ci/release makes as users install it, and works with it.

    python3 tests/interop/packages.py DIR NOTEBOOK CARTOFRAMES

DIR is what .ci/release made, NOTEBOOK the python of an environment with Jupyter and what CARTOframes
needs, CARTOFRAMES a directory with CARTOframes 1.2.5. The python has psycopg2.
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

from checks import check, ended
from sql_server import Machine, front, started

KEY = "ann-key-1"
CELL = """
from cartoframes import read_carto
print(sorted(read_carto("SELECT id, name FROM places")["id"]))
"""


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=600, **more)


def sums(made):
    for line in (made / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        found = hashlib.sha256((made / name).read_bytes()).hexdigest()
        check(f"the checksum of {name}", found == digest)
    listed = {line.split()[1] for line in (made / "SHA256SUMS").read_text().splitlines()}
    check("all files have a checksum", listed == {path.name for path in made.iterdir()} - {"SHA256SUMS"},
          listed)


def archive(made, root):
    [path] = made.glob("carto-*.tar.gz")
    with tarfile.open(path) as packed:
        names = packed.getnames()
        check("the archive has one owner", {(one.uid, one.gid) for one in packed} == {(0, 0)})
        packed.extractall(root, filter="data")
    top = path.name[:-len(".tar.gz")]
    check("the archive has one directory", {name.split("/")[0] for name in names} == {top}, names)
    for name in ("bin/carto", "bin/carto-sql", "bin/carto-whoami", "share/man/man1/carto.1",
                 "share/man/man7/carto-sql.7", "share/carto/plugins/carto-sql.toml",
                 "share/bash-completion/completions/carto", "share/zsh/site-functions/_carto",
                 "share/fish/vendor_completions.d/carto.fish", "share/elvish/lib/carto.elv",
                 "share/powershell/carto.ps1", "share/doc/carto-cli/LICENSE-MIT",
                 "share/doc/carto-cli/LICENSE-APACHE", "share/doc/carto-cli/README.md"):
        check(f"the archive has {name}", f"{top}/{name}" in names)
    home = root / "home"
    home.mkdir()
    env = {"HOME": str(home), "PATH": f"{root / top / 'bin'}:/usr/bin:/bin",
           "CARTO_CEILING_DIRECTORIES": str(root), "CARTO_SYSTEM_CONFIG_DIR": str(root / "none")}
    run("sh", "-c", "echo k | carto login https://ann.carto.com --key-stdin", env=env, cwd=home)
    ran = run("carto", "whoami", env=env, cwd=home)
    check("the archive: carto whoami", "https://ann.carto.com" in ran.stdout, ran)
    ran = run("carto", "plugin", "list", "--json", env=env, cwd=home)
    check("the archive: the manifests are found", "Runs SQL and streams the rows" in ran.stdout, ran)
    ran = run("man", "-l", str(root / top / "share/man/man1/carto.1"), env=env | {"MANPAGER": "cat"})
    check("the archive: a manual page", ran.returncode or "carto" in ran.stdout, ran)


def pip(made, root, notebook, frames, port):
    """A fresh environment with the three packages: commands that work together, and a notebook."""
    environment = root / "environment"
    # Jupyter and what CARTOframes needs are of another one, which takes a minute less.
    run(notebook, "-m", "venv", environment)
    [packages] = (environment / "lib").glob("python*/site-packages")
    [others] = (pathlib.Path(notebook).parents[1] / "lib").glob("python*/site-packages")
    (packages / "others.pth").write_text(f"{others}\n{frames}\n")
    wheels = [str(path) for path in made.glob("*.whl")]
    check("three packages", sorted(pathlib.Path(path).name.split("-")[0] for path in wheels)
          == ["carto_cli", "carto_frames", "carto_sql"], wheels)
    ran = run(environment / "bin/python", "-m", "pip", "install", "--quiet", "--no-index",
              "--ignore-installed", "--disable-pip-version-check", *wheels)
    check("pip install", ran.returncode == 0, ran)
    # Another package, of somebody else, with a program of its own.
    other = root / "other"
    other.mkdir()
    (other / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "other"\nversion = "1"\n[project.scripts]\ncarto-foo = "foo:main"\n'
        '[tool.setuptools]\npy-modules = ["foo"]\n')
    (other / "foo.py").write_text(
        'import os\ndef main():\n    print("foo for", os.environ["CARTO_USERNAME"])\n')
    ran = run(environment / "bin/python", "-m", "pip", "install", "--quiet",
              "--disable-pip-version-check", other)
    check("pip install of another package", ran.returncode == 0, ran)
    place = root / "user"
    place.mkdir()
    bin = environment / "bin"
    machine = Machine(str(bin / "carto"), bin, place, port)
    machine.environment["VIRTUAL_ENV"] = str(environment)
    metrics = place / "home/.config/cartoframes"
    metrics.mkdir(parents=True)
    (metrics / "metrics.json").write_text('{"enabled": false}')
    for words, says in [
        (["version"], "carto "), (["sql", "--version"], "carto-sql "),
        (["frames", "--version"], "carto-frames "), (["whoami"], "ann"), (["foo"], "foo for ann\n"),
        (["sql", "--check"], "the key works"),
        (["plugin", "info", "sql"], "Runs SQL and streams the rows"),
        (["plugin", "info", "frames"], "Runs Python with CARTOframes'"),
        (["plugin", "info", "whoami"], "carto-whoami"),
    ]:
        ran = machine.run_carto(*words)
        check(f"pip: carto {' '.join(words)}", ran.returncode == 0 and says in ran.stdout, ran)
    for name in ("share/man/man1/carto.1", "share/man/man7/carto-accounts.7",
                 "share/bash-completion/completions/carto", "share/zsh/site-functions/_carto",
                 "share/fish/vendor_completions.d/carto.fish"):
        check(f"pip lays {name}", (environment / name).is_file())
    (place / "map.ipynb").write_text(json.dumps({
        "nbformat": 4, "nbformat_minor": 4, "metadata": {"kernelspec": {
            "name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": [{"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [],
                   "source": CELL}]}))
    ran = machine.run_carto("frames", "--", "python", "-m", "nbconvert", "--execute", "--to",
                            "notebook", "--output", "done.ipynb", "map.ipynb")
    done = place / "done.ipynb"
    check("a notebook", done.exists() and "[1, 2, 3]" in done.read_text(), ran)
    for path in place.rglob("*"):
        if path.is_file() and path.name != "credentials.toml":
            check(f"no key in {path.name}", KEY.encode() not in path.read_bytes())
    run(environment / "bin/python", "-m", "pip", "uninstall", "--quiet", "--yes", "carto-cli",
        "carto-sql", "carto-frames")
    left = [str(path) for path in environment.rglob("*carto*")
            if path.is_file() and path.name not in ("carto-foo", "others.pth")]
    check("pip uninstall leaves nothing", left == [], left)


def debian(made, root):
    packages = list(made.glob("*.deb"))
    if not packages:
        print("left out: there is no Debian package")
        return
    [package] = packages
    ran = run("dpkg-deb", "--contents", package)
    check("the Debian package has its files", all(name in ran.stdout for name in (
        "./usr/bin/carto\n", "./usr/bin/carto-sql\n", "./usr/share/man/man1/carto.1.gz\n",
        "./usr/share/bash-completion/completions/carto\n",
        "./usr/share/carto/plugins/carto-sql.toml\n")), ran.stdout)
    if shutil.which("lintian"):
        ran = run("lintian", "--allow-root", "--fail-on", "error", package)
        check("lintian has no error", ran.returncode == 0, ran.stdout + ran.stderr)
    else:
        print("left out: there is no lintian")
    if os.geteuid() != 0 or shutil.which("dpkg") is None or shutil.which("carto"):
        print("left out: the Debian package is not installed on this machine")
        return
    home = root / "debian"
    home.mkdir()
    env = {"HOME": str(home), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
    before = run("dpkg-query", "--show", env=env).stdout
    ran = run("dpkg", "--install", package, env=env)
    try:
        check("dpkg --install", ran.returncode == 0, ran)
        run("sh", "-c", "echo k | carto login https://ann.carto.com --key-stdin", env=env, cwd=home)
        ran = run("carto", "whoami", env=env, cwd=home)
        check("the Debian package: carto whoami", "https://ann.carto.com" in ran.stdout, ran)
        ran = run("carto", "plugin", "info", "sql", env=env, cwd=home)
        check("the Debian package: the manifest is found", "Runs SQL" in ran.stdout, ran)
        listed = run("dpkg", "--listfiles", "carto-cli", env=env).stdout.splitlines()
    finally:
        run("dpkg", "--purge", "carto-cli", env=env)
    check("purge leaves no package", run("dpkg-query", "--show", env=env).stdout == before)
    left = [path for path in listed if "carto" in path and os.path.exists(path)]
    check("purge leaves no file", left == [], left)
    check("purge leaves users' files", (home / ".config/carto/config.toml").exists())


def main():
    made = pathlib.Path(sys.argv[1]).resolve()
    notebook, frames = str(pathlib.Path(sys.argv[2]).absolute()), str(pathlib.Path(sys.argv[3]).resolve())
    with started() as (root, postgres):
        sums(made)
        (root / "archive").mkdir()
        archive(made, root / "archive")
        debian(made, root)
        server = front(postgres)
        (root / "pip").mkdir()
        pip(made, root / "pip", notebook, frames, server.server_address[1])
        server.shutdown()
    return ended()


if __name__ == "__main__":
    sys.exit(main())
