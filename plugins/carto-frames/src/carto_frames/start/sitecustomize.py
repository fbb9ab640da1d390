"""Runs at the start of each interpreter below `carto frames`, before the script.

It stands before the machine's own `sitecustomize`, if there is one, and runs that behind itself.
"""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))


def _without_this_directory():
    return [path for path in sys.path if os.path.abspath(path or os.curdir) != _HERE]


def _start():
    # An older interpreter has no CARTOframes that this could help.
    if sys.version_info < (3, 9):
        return
    import carto_frames_start

    carto_frames_start.use(os.environ)


def _run_the_other():
    import importlib.machinery
    import importlib.util

    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


_start()
# The script sees the path that it would have had; children find this directory in the environment.
sys.path[:] = _without_this_directory()
if sys.version_info >= (3, 9):
    _run_the_other()
