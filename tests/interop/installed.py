"""Plugins that pip and cargo bring: real packages of PyPI, a crate of a registry that is a directory, and
`carto-sql` as it is released.

    python3 tests/interop/installed.py CARTO DIST PLACE

DIST is what `.ci/release` has written; without it the released plugin is left out. PLACE is a directory
where what pip downloads is kept for the next time.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from checks import check, ended

carto, dist, place = (os.path.abspath(word) for word in sys.argv[1:4])
KEY = "0123456789abcdef0123456789abcdef01234567"
NOWHERE = "http://127.0.0.1:1"


class Machine:
    """A home, and a project in a directory that machines may share."""

    def __init__(self, root, name, project):
        self.home, self.project = root / name, project
        (self.home / ".config/carto").mkdir(parents=True)
        (self.home / ".config/carto/config.toml").write_text('username = "ann"\n')
        keys = self.home / ".config/carto/credentials.toml"
        keys.write_text(
            f'[[credential]]\nbase_url = "https://ann.carto.com"\nusername = "ann"\napikey = "{KEY}"\n'
        )
        keys.chmod(0o600)
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CARTO_")},
            "HOME": str(self.home),
            "CARTO_SYSTEM_CONFIG_DIR": str(self.home / "none"),
            "CARTO_CEILING_DIRECTORIES": str(root),
            "PIP_CACHE_DIR": os.path.join(place, "pip-cache"),
        }
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "VIRTUAL_ENV"):
            self.env.pop(name, None)

    def run(self, *words, **more):
        env = {**self.env, **more.pop("env", {})}
        return subprocess.run(
            [carto, *words], env=env, cwd=more.pop("cwd", self.project), text=True,
            capture_output=True, stdin=subprocess.DEVNULL, timeout=600, check=False, **more
        )

    def must(self, what, *words, **more):
        ran = self.run(*words, **more)
        check(what, ran.returncode == 0, f"{ran.stdout}{ran.stderr}")
        return ran

    def trust(self):
        shown = self.run("trust", "--show").stdout.splitlines()
        self.must("the project is trusted", "trust", "--expect", shown[-1] if shown else "")

    def versions(self):
        versions = self.home / ".local/share/carto/plugins/versions"
        return sorted(entry.name for entry in versions.iterdir()) if versions.is_dir() else []


def registry(root):
    """A registry of cargo in a directory: a plugin, and a crate that it needs."""
    home, here = root / "cargo-home", root / "registry"
    home.mkdir()
    (here / "index").mkdir(parents=True)
    (home / "config.toml").write_text(
        '[source.crates-io]\nreplace-with = "here"\n'
        f"[source.here]\nlocal-registry = {json.dumps(str(here))}\n"
    )
    env = {
        **os.environ, "CARGO_HOME": str(home),
        "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", os.path.expanduser("~/.rustup")),
    }
    env.pop("CARGO_TARGET_DIR", None)
    publish(root, here, env, "words-of-hello", "1.0.0", "lib.rs",
            'pub fn words() -> &\'static str { "hello" }\n')
    publish(root, here, env, "carto-crate", "1.0.0", "main.rs", MAIN, ["words-of-hello"])
    return env, here


MAIN = """\
fn main() {
    let name = std::env::var("CARTO_USERNAME").unwrap_or_default();
    println!("{} {name}, {}", words_of_hello::words(), env!("CARGO_PKG_VERSION"));
}
"""


def publish(root, here, env, name, version, file, text, needs=(), locked=True):
    source = root / "crates" / f"{name}-{version}"
    (source / "src").mkdir(parents=True)
    needed = "".join(f'{other} = "1"\n' for other in needs)
    (source / "Cargo.toml").write_text(
        f'[package]\nname = "{name}"\nversion = "{version}"\nedition = "2021"\n'
        f'description = "x"\nlicense = "MIT"\n[workspace]\n[dependencies]\n{needed}'
    )
    (source / "src" / file).write_text(text)
    subprocess.run(["cargo", "package", "--allow-dirty", "--no-verify", "--quiet"], cwd=source,
                   env=env, check=True)
    packed = source / f"target/package/{name}-{version}.crate"
    if not locked:
        unlocked = packed.with_suffix(".unlocked")
        with tarfile.open(packed) as old, tarfile.open(unlocked, "w:gz") as new:
            for member in old:
                if not member.name.endswith("/Cargo.lock"):
                    new.addfile(member, old.extractfile(member))
        os.replace(unlocked, packed)
    shutil.copy(packed, here)
    entry = {
        "name": name, "vers": version, "features": {}, "yanked": False,
        "cksum": hashlib.sha256(packed.read_bytes()).hexdigest(),
        "deps": [
            {"name": other, "req": "^1", "features": [], "optional": False, "default_features": True,
             "target": None, "kind": "normal"} for other in needs
        ],
    }
    index = here / "index" / name[:2] / name[2:4] / name
    index.parent.mkdir(parents=True, exist_ok=True)
    with open(index, "a", encoding="utf-8") as lines:
        lines.write(json.dumps(entry) + "\n")


def crate(root):
    env, here = registry(root)
    project = root / "crate-project"
    project.mkdir()
    one = Machine(root, "crate-one", project)
    # The build needs a toolchain, which rustup looks for in the home.
    for machine in (one,):
        machine.env.update(CARGO_HOME=env["CARGO_HOME"], RUSTUP_HOME=env["RUSTUP_HOME"])
    one.must("init", "init")
    ran = one.must("cargo: it is installed", "plugin", "install", "cargo:carto-crate", "--yes")
    hashed = hashlib.sha256((here / "carto-crate-1.0.0.crate").read_bytes()).hexdigest()
    check("cargo: the crate's hash is shown", f"carto-crate-1.0.0.crate sha256:{hashed}" in ran.stdout, ran)
    check("cargo: that its code runs is shown", "cargo runs code of the crate" in ran.stdout, ran)
    ran = one.run("crate")
    check("cargo: it runs", ran.stdout == "hello ann, 1.0.0\n", ran)
    one.must("cargo: lock", "plugin", "lock")
    text = (project / ".carto/plugins.lock").read_text()
    check("cargo: the lock has the registry's hash", hashed in text, text)
    one.must("cargo: download", "plugin", "sync", "--download", str(root / "kept"))
    kept = sorted(path.name for path in (root / "kept/crate").iterdir())
    check("cargo: what it is built of is there, too", kept == [
        "carto-crate-1.0.0.crate", "words-of-hello-1.0.0.crate"], kept)
    one.must("cargo: outdated", "plugin", "outdated")
    # A newer version at the source: the lock's is installed.
    publish(root, here, env, "carto-crate", "1.1.0", "main.rs", MAIN, ["words-of-hello"])
    ran = one.run("plugin", "outdated")
    check("cargo: the newer one is seen", "crate 1.0.0 -> 1.1.0" in ran.stdout, ran)
    two = Machine(root, "crate-two", project)
    two.env.update(one.env | {"HOME": str(two.home)})
    two.trust()
    ran = two.run("crate")
    check("cargo: nothing is installed", ran.returncode == 126, ran)
    two.must("cargo: sync on a second machine", "plugin", "sync")
    check("cargo: the locked one runs there", two.run("crate").stdout == "hello ann, 1.0.0\n")
    one.must("cargo: upgrade", "plugin", "upgrade", "--yes")
    check("cargo: the upgraded one", one.run("crate", cwd=root).stdout == "hello ann, 1.1.0\n")
    check("cargo: the locked one stays beside it", one.run("crate").stdout == "hello ann, 1.0.0\n")
    # Without a lock file inside, what it is built of would differ from day to day.
    publish(root, here, env, "carto-loose", "1.0.0", "main.rs", 'fn main() {}\n', locked=False)
    ran = one.run("plugin", "install", "cargo:carto-loose", "--yes")
    check("cargo: no lock file", ran.returncode == 4 and "has no lock file inside" in ran.stderr, ran)
    ran = one.run("plugin", "install", "cargo:carto-nowhere", "--yes")
    check("cargo: no such crate", ran.returncode == 1 and "`cargo fetch` failed" in ran.stderr, ran)
    # Offline, with the registry gone; then with one byte changed in what it is built of.
    os.rename(here, root / "gone")
    three = Machine(root, "crate-three", project)
    three.env.update(one.env | {"HOME": str(three.home)})
    three.trust()
    words = ("plugin", "sync", "--offline", "--from", str(root / "kept"))
    for name in ("words-of-hello-1.0.0.crate", "carto-crate-1.0.0.crate"):
        file = root / "kept/crate" / name
        whole = file.read_bytes()
        file.write_bytes(whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:])
        ran = three.run(*words)
        check(f"cargo: {name} changed", ran.returncode == 4 and "not what was locked" in ran.stderr, ran)
        check("cargo: and nothing is installed", three.run("crate").returncode == 126)
        check("cargo: and nothing is left", three.versions() == [], three.versions())
        file.write_bytes(whole)
    os.rename(root / "kept/crate/words-of-hello-1.0.0.crate", root / "away")
    ran = three.run(*words)
    check("cargo: one is not there", ran.returncode == 1 and "cannot take it" in ran.stderr, ran)
    os.rename(root / "away", root / "kept/crate/words-of-hello-1.0.0.crate")
    three.must("cargo: offline", *words)
    check("cargo: offline, it runs", three.run("crate").stdout == "hello ann, 1.0.0\n")
    ran = three.run("plugin", "outdated")
    check("cargo: no network", ran.returncode == 1 and "does not say" in ran.stderr, ran)
    three.must("cargo: verify", "plugin", "verify")


def pip(root):
    project = root / "pip-project"
    project.mkdir()
    one = Machine(root, "pip-one", project)
    one.must("init", "init")
    ran = one.run("plugin", "install", "pip:carto-print==0.0.8")
    check("pip: nobody agreed", ran.returncode == 4, ran)
    check("pip: source alone is said", "it comes as source alone: pip runs its code" in ran.stdout, ran)
    check("pip: nothing is left", one.versions() == [], one.versions())
    one.must("pip: it is installed", "plugin", "install", "pip:carto-print", "--yes")
    ran = one.run("print", "--help")
    check("pip: it runs", ran.returncode == 0 and "carto-print" in ran.stdout, ran)
    one.must("pip: verify after a run", "plugin", "verify")
    one.must("pip: lock", "plugin", "lock")
    text = (project / ".carto/plugins.lock").read_text()
    check("pip: what it needs is locked, too", "carto-print-0.0.8.tar.gz" in text and "Pillow" in text, text)
    one.must("pip: download", "plugin", "sync", "--download", str(root / "wheels"))
    two = Machine(root, "pip-two", project)
    two.trust()
    words = ("plugin", "sync", "--offline", "--from", str(root / "wheels"))
    file = next((root / "wheels/print").glob("future-*"))
    whole = file.read_bytes()
    file.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    # No index answers: offline is offline.
    ran = two.run(*words, env={"PIP_INDEX_URL": NOWHERE})
    check("pip: one byte changed", ran.returncode == 4 and "not what was locked" in ran.stderr, ran)
    check("pip: and nothing is installed", two.versions() == [], two.versions())
    file.write_bytes(whole)
    two.must("pip: offline", *words, env={"PIP_INDEX_URL": NOWHERE})
    check("pip: offline, it runs", two.run("print", "--help").returncode == 0)
    # A lock of a version that the index has, with another hash: pip refuses the file before it is opened.
    lock = project / ".carto/plugins.lock"
    lock.write_text(text.replace(hashlib.sha256(whole).hexdigest(), "0" * 64))
    three = Machine(root, "pip-three", project)
    three.trust()
    ran = three.run("plugin", "sync")
    check("pip: another hash", ran.returncode != 0 and "HASHES" in ran.stderr.upper(), ran)
    check("pip: another hash installs nothing", three.versions() == [], three.versions())
    lock.write_text(text.replace("linux", "elsewhere"))
    three.trust()
    ran = three.run("plugin", "sync")
    check("pip: another platform", ran.returncode == 4 and "is not locked for" in ran.stderr, ran)
    ran = one.run("plugin", "outdated", env={"PIP_INDEX_URL": NOWHERE, "PIP_FIND_LINKS": "", "PIP_RETRIES": "0"})
    check("pip: no network", ran.returncode == 1 and "`pip index` failed" in ran.stderr, ran)


def hostile(root):
    """A package of wheels: no code of it runs before; what it calls carto replaces nothing."""
    project = root / "hostile"
    project.mkdir()
    machine = Machine(root, "hostile-home", project)
    wheels = root / "made"
    wheels.mkdir()
    wheel(wheels, "carto-evil", {"carto": "evil:main", "carto-config": "evil:main", "carto-evil": "evil:main"})
    wheel(wheels, "carto-twin", {"carto-evil": "evil:main"})
    wheel(wheels, "carto-names", {"carto-Upper": "evil:main"})
    env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
    ran = machine.run("plugin", "install", "pip:carto-evil", "--yes", env=env)
    check("wheels: installed", ran.returncode == 0 and "runs " not in ran.stdout, ran)
    check("wheels: the hash is shown", "carto_evil-1.0-py3-none-any.whl sha256:" in ran.stdout, ran)
    check("wheels: a built-in command stays", machine.run("config", "get", "username").stdout == "ann\n")
    check("wheels: carto stays", machine.run("--version").stdout.startswith("carto "))
    check("wheels: its plugin runs", machine.run("evil").stdout == "evil ann\n")
    ran = machine.run("plugin", "install", "pip:carto-twin", "--yes", env=env)
    check("wheels: a second package of that name", "the package evil brings `evil` already" in ran.stderr, ran)
    check("wheels: the first stays", machine.run("evil").stdout == "evil ann\n")
    ran = machine.run("plugin", "install", "pip:carto-names", "--yes", env=env)
    check("wheels: a bad name", ran.returncode == 4 and "cannot be a plugin" in ran.stderr, ran)
    check("wheels: one version", len([name for name in machine.versions() if "evil-" in name]) == 1)
    # Pure wheels are the same on every machine.
    machine.must("init", "init")
    machine.must("wheels: lock", "plugin", "lock")
    check("wheels: no platform", "platform" not in (project / ".carto/plugins.lock").read_text())
    # A module is not the program: verify sees it.
    module = next((machine.home / ".local/share/carto/plugins/versions").glob("evil-*/tree/lib/*/*/evil.py"))
    module.write_text(module.read_text() + "\n")
    ran = machine.run("plugin", "verify")
    check("wheels: verify reads every file", ran.returncode == 1 and "/evil.py" in ran.stdout, ran)


def wheel(where, name, scripts):
    """Writes a wheel by hand: what its author wants, no builder would write."""
    import base64
    import zipfile

    under = name.replace("-", "_")
    points = "[console_scripts]\n" + "".join(f"{key} = {value}\n" for key, value in scripts.items())
    files = {
        "evil.py": "import os\ndef main():\n    print('evil', os.environ.get('CARTO_USERNAME', ''))\n",
        f"{under}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{under}-1.0.dist-info/WHEEL":
            "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{under}-1.0.dist-info/entry_points.txt": points,
    }
    record = f"{under}-1.0.dist-info/RECORD"
    lines = []
    with zipfile.ZipFile(where / f"{under}-1.0-py3-none-any.whl", "w") as out:
        for path, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
            lines.append(f"{path},sha256={digest.decode()},{len(text.encode())}")
            out.writestr(path, text)
        out.writestr(record, "\n".join([*lines, f"{record},,"]) + "\n")


def released(root):
    """`carto-sql`, out of the archive that a release has."""
    archives = sorted(Path(dist).glob("carto-*.tar.gz"))
    if not archives:
        print("left out: .ci/release was not run")
        return
    project = root / "released"
    project.mkdir()
    machine = Machine(root, "released-home", project)
    machine.must("carto-sql: the archive is installed", "plugin", "install", str(archives[0]), "--yes")
    ran = machine.run("sql", "--version")
    check("carto-sql: it runs", ran.returncode == 0 and ran.stdout.startswith("carto-sql "), ran)
    ran = machine.run("plugin", "info", "sql", "--json")
    told = json.loads(ran.stdout)
    check("carto-sql: its manifest is found", told["credentials"] == "optional" and told["manifest"], ran)
    check("carto-sql: its source is told", told["source"] == str(archives[0]), ran)
    check("carto-sql: the plugin beside it, too", machine.run("whoami").returncode == 0)


def main():
    os.makedirs(place, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="carto-installed-") as name:
        root = Path(name).resolve()
        hostile(root)
        crate(root)
        released(root)
        pip(root)
        # Neither the key nor the account went to a package manager, a lock or a receipt.
        spots = [path for path in root.rglob("*") if path.is_file() and path.name != "credentials.toml"]
        check("the key is in no file", not any(KEY.encode() in path.read_bytes() for path in spots))
    sys.exit(ended())


if __name__ == "__main__":
    main()
