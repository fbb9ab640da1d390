"""The account that carto hands over, and where Python finds it."""

import json
import shutil
import subprocess
import sys

# What an interpreter below `carto exec` prints of its environment. It goes through a pipe.
_PRINT = "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k[:6] == 'CARTO_'}))"


class Refused(Exception):
    """An error with its exit status, and what to type."""

    def __init__(self, status, what, *helps):
        super().__init__("\n".join([what, *(f"help: {line}" for line in helps)]))
        self.status = status


def check(env):
    """Looks whether carto has started this program and handed over an account."""
    api = env.get("CARTO_PLUGIN_API")
    # Without carto these variables may be anybody's.
    if not api:
        raise Refused(2, "carto-frames is a plugin of carto", "carto frames SCRIPT")
    if api != "1":
        raise Refused(2, "this carto-frames knows contract 1 alone")
    if not env.get("CARTO_BASE_URL"):
        raise Refused(4, "no account is named", "carto login URL", "carto config explain")


def settings(env):
    """Reads the settings below `plugins.frames`."""
    return json.loads(env.get("CARTO_PLUGIN_CONFIG") or "{}")


def from_carto():
    """Asks carto for the account of this directory; returns its variables."""
    carto = shutil.which("carto")
    if carto is None:
        raise Refused(127, "there is no `carto` on PATH", "pip install carto-cli")
    ran = subprocess.run(
        [carto, "exec", "--", sys.executable, "-I", "-S", "-c", _PRINT],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if ran.returncode:
        raise Refused(ran.returncode, ran.stderr.strip() or "carto gives no account")
    return json.loads(ran.stdout)
