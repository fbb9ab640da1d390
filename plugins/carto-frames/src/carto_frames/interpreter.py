"""Which Python runs, and how it is started."""

import os
import pathlib
import shutil
import subprocess
import sys

from .account import Refused

START = str(pathlib.Path(__file__).parent / "start")
# What asks an interpreter for CARTOframes and IPython.
_PROBE = """
import importlib.util
print(*(name for name in ("cartoframes", "IPython") if importlib.util.find_spec(name)))
"""


def chosen(settings, env):
    """Returns the interpreter: the setting's, the active virtual environment's, or this one."""
    named = settings.get("python")
    if named is not None:
        found = shutil.which(os.path.expanduser(str(named)), path=env.get("PATH"))
        if found is None:
            raise Refused(
                127,
                f"there is no program {named}, which plugins.frames.python names",
                "carto config set plugins.frames.python PATH, or carto config unset it",
            )
        return found
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        root = env.get(name)
        if root:
            place = "Scripts/python.exe" if os.name == "nt" else "bin/python"
            if name == "CONDA_PREFIX" and os.name == "nt":
                place = "python.exe"
            python = os.path.join(root, place)
            if os.access(python, os.X_OK):
                return python
            if name == "VIRTUAL_ENV":
                raise Refused(127, f"the active environment {root} has no {place}", "deactivate")
    return sys.executable


def environment(env):
    """Returns the environment in which each interpreter runs the start of this package."""
    made = dict(env)
    others = [path for path in env.get("PYTHONPATH", "").split(os.pathsep) if path and path != START]
    made["PYTHONPATH"] = os.pathsep.join([START, *others])
    # An authority of the account's own, by the name that CARTOframes' client knows.
    if env.get("CARTO_CA_FILE"):
        made.setdefault("REQUESTS_CA_BUNDLE", env["CARTO_CA_FILE"])
    return made


def packages(python, env):
    """Returns which of CARTOframes and IPython an interpreter has."""
    ran = subprocess.run(
        [python, "-c", _PROBE],
        env={name: value for name, value in env.items() if name != "CARTO_API_KEY"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if ran.returncode:
        raise Refused(126, f"{python} does not run: {ran.stderr.strip().splitlines()[-1:]}")
    return ran.stdout.split()


def replace(program, args, env):
    """Becomes another program; its exit status and signals are those of this one."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":
        # There a process cannot become another one.
        child = subprocess.Popen([program, *args], env=env)
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                # The console sends it to the child, too, which decides.
                continue
    try:
        os.execve(program, [program, *args], env)
    except OSError as error:
        raise Refused(126, f"cannot run {program}: {error.strerror}") from None
