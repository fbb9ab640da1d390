"""Kills every command at every system call, and makes every call that touches files fail.

    python3 tests/crash/kills.py CARTO PLACE short|long kills|faults [CASE...]

The short form meets every call of some commands, the long form of all of them.
"""

import multiprocessing
import os
import sys
from collections import Counter

from cases import CASES
from injected import ERRORS, FAULTY, Bed, names_of, walk
from world import Tally

# In the short form: one file, two files, a project with its record, a file in a work tree.
SHORT = {
    "kills": {"config set", "config set --project", "login, new profile", "credentials import",
              "credentials export, over", "trust --expect", "init", "logout"},
    "faults": {"config set", "login, new profile", "credentials export, over"},
}
SHORT_ERRORS = ["EINTR", "ENOSPC"]
beds = {}


def bed_of(index, carto, place):
    """Each worker prepares a case once."""
    if index not in beds:
        beds.clear()
        beds[index] = Bed(CASES[index], carto, place)
    return beds[index]


def count(task):
    index, carto, place = task
    bed = bed_of(index, carto, place)
    # The library that looks for its stack reads a list whose length is not the program's.
    calls = [line for line in bed.calls if "/maps" not in line]
    return index, len(calls), names_of(bed.calls)


def one(task):
    index, name, kinds, carto, place = task
    return index, *walk(bed_of(index, carto, place), name, kinds)


def main():
    carto, place, form, what = sys.argv[1:5]
    wanted = set(sys.argv[5:]) or (SHORT[what] if form == "short" else {c.name for c in CASES})
    chosen = [index for index, case in enumerate(CASES) if case.name in wanted]
    kinds = ["KILL"] if what == "kills" else SHORT_ERRORS if form == "short" else ERRORS
    tally, tried = Tally(), {index: Counter() for index in chosen}
    with multiprocessing.Pool(os.cpu_count()) as pool:
        plain = pool.map(count, [(index, carto, place) for index in chosen], chunksize=1)
        tasks = [
            (index, name, kinds, carto, place)
            for index, _, names in plain
            for name in names
            if what == "kills" or name in FAULTY
        ]
        for index, counts, failures in pool.imap(one, tasks, chunksize=4):
            tried[index] += counts
            tally.add(counts[what], failures)
    for index, calls, _ in plain:
        name, counts = CASES[index].name, tried[index]
        print(f"{name}: {calls} system calls, {counts[what]} {what}, {counts['lost']} files lost")
        if what == "kills":
            # All but the one that starts the program and the one that ends it.
            tally.check(counts[what] >= calls - 2, f"{name}: not every call was met")
    total = sum(tried.values(), Counter())
    print(f"carto: {total[what]} {what} tried, {total['lost']} files lost")
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(tally.failed > 0)


if __name__ == "__main__":
    main()
