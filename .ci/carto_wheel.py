"""Builds the Python package of carto: maturin, behind what the program itself has to write.

pip calls these functions. The package has the program, `carto-whoami`, manual pages and completions.
"""

import os
import pathlib
import shutil
import subprocess

import maturin
from maturin import (  # noqa: F401  # pip asks for them by these names
    build_sdist,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
)

ROOT = pathlib.Path(__file__).parents[1]
# The directory that pyproject.toml names; what is below `data` lies below the environment's root.
DATA = ROOT / "target/carto_cli.data"
COMPLETIONS = {
    "bash": "share/bash-completion/completions/carto",
    "zsh": "share/zsh/site-functions/_carto",
    "fish": "share/fish/vendor_completions.d/carto.fish",
}


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    """Says what the package is."""
    # maturin looks whether it is there.
    DATA.mkdir(parents=True, exist_ok=True)
    return maturin.prepare_metadata_for_build_wheel(metadata_directory, config_settings)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Builds the package."""
    write_data()
    return maturin.build_wheel(wheel_directory, config_settings, metadata_directory)


def write_data():
    """Lets the program write its manual pages and completions."""
    subprocess.run(["cargo", "build", "--release", "--locked", "--bin", "carto"], cwd=ROOT, check=True)
    target = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
    if os.environ.get("CARGO_BUILD_TARGET"):
        target /= os.environ["CARGO_BUILD_TARGET"]
    carto = target / "release" / ("carto.exe" if os.name == "nt" else "carto")
    # The program reads no settings of whoever builds it.
    env = {**os.environ, "HOME": str(target), "CARTO_CEILING_DIRECTORIES": str(ROOT.parent)}
    shutil.rmtree(DATA, ignore_errors=True)
    written = DATA / "written"
    written.mkdir(parents=True)
    subprocess.run([carto, "-q", "help", "--man", "--all", written], cwd=target, env=env, check=True)
    for page in written.iterdir():
        section = DATA / f"data/share/man/man{page.suffix[1:]}"
        section.mkdir(parents=True, exist_ok=True)
        page.rename(section / page.name)
    written.rmdir()
    for shell, place in COMPLETIONS.items():
        path = DATA / "data" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            subprocess.run(
                [carto, "completions", shell], cwd=target, env=env, check=True, stdout=subprocess.PIPE
            ).stdout
        )
    if os.name != "nt":
        scripts = DATA / "scripts"
        scripts.mkdir()
        shutil.copy(ROOT / "plugins/carto-whoami/carto-whoami", scripts)
        manifests = DATA / "data/share/carto/plugins"
        manifests.mkdir(parents=True)
        shutil.copy(ROOT / "plugins/carto-whoami/carto-whoami.toml", manifests)
