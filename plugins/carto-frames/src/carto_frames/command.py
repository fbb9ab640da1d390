"""The command line: `carto frames`."""

import os
import pathlib
import shutil
import sys

from . import __version__, account, interpreter
from .account import Refused

HELP = """Run Python with CARTOframes' credentials set

Usage: carto frames [PYTHON-OPTIONS] SCRIPT [ARGS]
       carto frames -m MODULE [ARGS]
       carto frames -c CODE [ARGS]
       carto frames                       a prompt: IPython where it is installed
       carto frames -- PROGRAM [ARGS]     a program that starts Python, as jupyter

A script says nothing of keys:
  from cartoframes import read_carto; read_carto("cities")       CARTOframes 1.x
  from cartoframes import CartoContext; CartoContext()           CARTOframes 0.x

Examples:
  carto frames report.py --year 2024
  carto --profile acme frames -- jupyter lab
  carto frames -- jupyter nbconvert --execute --to html report.ipynb

In a notebook that was started otherwise: %load_ext carto_frames

Python is that of the active virtual environment, else the one this was installed with;
carto config set plugins.frames.python PATH names another.

Options: --help, --version (in the first place; behind a script they are the script's)
Exit status: that of the program; 2 wrong usage, 4 no account, 126 and 127 no Python
"""

# Options of Python that take a value of their own.
WITH_VALUE = ("-W", "-X", "--check-hash-based-pycs")


def main(args=None, env=os.environ):
    """Runs the plugin and returns its exit status."""
    args = sys.argv[1:] if args is None else args
    if args[:1] in (["--help"], ["-h"]):
        print(HELP, end="")
        return 0
    if args[:1] == ["--version"]:
        print(f"carto-frames {__version__}")
        return 0
    if args == ["--carto-manifest"]:
        print(manifest(), end="")
        return 0
    try:
        account.check(env)
        return run(args, env)
    except Refused as error:
        print(f"error: {error}", file=sys.stderr)
        return error.status


def manifest():
    """Returns the manifest that pip has laid beside."""
    return pathlib.Path(sys.prefix, "share/carto/plugins/carto-frames.toml").read_text()


def run(args, env):
    """Becomes the program that the arguments name."""
    python = interpreter.chosen(account.settings(env), env)
    ready = interpreter.environment(env)
    if args[:1] == ["--"]:
        return run_program(args[1:], python, ready)
    refuse_isolation(args)
    # What installs CARTOframes must run without it.
    if args[:2] != ["-m", "pip"]:
        has = interpreter.packages(python, env)
        if "cartoframes" not in has:
            raise Refused(
                1,
                f"CARTOframes is not installed for {python}",
                f"{python} -m pip install cartoframes",
            )
        if not args and "IPython" in has and sys.stdin.isatty():
            args = ["-m", "IPython"]
    return interpreter.replace(python, args, ready)


def run_program(args, python, env):
    """Becomes a program beside the interpreter, or on PATH."""
    if not args:
        raise Refused(2, "no program is named", "carto frames -- jupyter lab")
    beside = os.path.dirname(python)
    path = os.pathsep.join(part for part in (beside, env.get("PATH")) if part)
    program = shutil.which(args[0], path=path)
    if program is None:
        raise Refused(127, f"there is no program {args[0]} on PATH")
    return interpreter.replace(program, args[1:], env)


def refuse_isolation(args):
    """Refuses the options with which Python does not read PYTHONPATH: the credentials come by it."""
    at = 0
    while at < len(args) and args[at].startswith("-") and args[at] not in ("-", "-c", "-m"):
        if args[at] in WITH_VALUE:
            at += 2
            continue
        letters = "" if args[at].startswith(("--", "-W", "-X")) else args[at][1:].split("c")[0].split("m")[0]
        for letter in "IES":
            if letter in letters:
                raise Refused(2, f"with -{letter} Python would not get the credentials", "carto frames SCRIPT")
        at += 1


if __name__ == "__main__":
    sys.exit(main())
