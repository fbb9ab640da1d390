"""What the checks of this directory share: they are counted, and programs are looked for."""

import shutil

passed = 0
failed = 0


def check(what, good, detail=""):
    """Counts a check; one that fails is printed with the end of what there is to know."""
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {what}: {str(detail)[-1500:]}")


def ended():
    """Prints the counts, as `tests/interop/run` reads them, and returns the exit status."""
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def found(name):
    """Returns a program's path; one that this machine does not have is named."""
    path = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/opt/microsoft/powershell/7")
    if path is None:
        print(f"left out: there is no {name} on this machine")
    return path
