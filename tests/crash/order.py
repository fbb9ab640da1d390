"""What a power failure may leave: the order in which every command writes, syncs and renames.

    python3 tests/crash/order.py CARTO PLACE

A kill leaves what was written; a power failure leaves what was synced, in any order. So in the
system calls of a plain run of every case: nothing is written but temporaries and locks; what is
renamed was synced after its last byte; and a directory is synced after every rename, removal and
new directory in it, before the program ends.
"""

import os
import re
import sys

from cases import CASES
from injected import CALL, Bed
from world import LOCK, TEMPORARY, Tally

HANDLE = re.compile(r"^[a-z0-9_]+\((\d+)<([^>]*)>")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Disk:
    """What is not yet safe, as the calls go by."""

    def __init__(self, root):
        self.root, self.unsynced, self.changed, self.wrong = root, set(), {}, []

    def is_ours(self, path):
        return path.startswith(self.root + "/")

    def see(self, line):
        name = CALL.match(line).group(1)
        if " = -1 " in line:
            return
        handle = HANDLE.match(line)
        of_handle = handle and handle[2].replace(" (deleted)", "")
        there = os.path.join(self.root, "work")
        paths = [os.path.normpath(os.path.join(there, path)) for path in STRING.findall(line)]
        if name in ("write", "pwrite64", "writev", "ftruncate") and of_handle:
            self.unsynced.add(of_handle)
        elif name in ("fsync", "fdatasync"):
            self.unsynced.discard(of_handle)
            self.changed.pop(of_handle, None)
        elif name in ("open", "openat", "creat"):
            self.opened(line, paths[0])
        elif name in ("rename", "renameat", "renameat2"):
            self.renamed(*paths[:2])
        elif name in ("unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "symlink", "link"):
            self.entry_changed(paths[-1], name)

    def opened(self, line, path):
        for_writing = re.search(r"O_(WRONLY|RDWR|TRUNC|APPEND)", line)
        hidden = TEMPORARY.search(path) or LOCK.search(path)
        if for_writing and self.is_ours(path) and not hidden:
            self.wrong.append(f"{self.short(path)} is written in place")

    def renamed(self, old, new):
        if old in self.unsynced:
            self.wrong.append(f"{self.short(new)} is put in place before it is synced")
        if not TEMPORARY.search(old):
            self.wrong.append(f"{self.short(old)} is no temporary")
        self.entry_changed(new, "rename")

    def entry_changed(self, path, name):
        if self.is_ours(path) and not TEMPORARY.search(path) and not LOCK.search(path):
            self.changed[os.path.dirname(path)] = f"{name} {self.short(path)}"

    def short(self, path):
        return path.replace(self.root + "/", "")


def main():
    carto, place = sys.argv[1:3]
    tally, renames = Tally(), 0
    for case in CASES:
        bed = Bed(case, carto, place)
        disk = Disk(bed.world.root)
        for line in bed.calls:
            renames += line.startswith("rename")
            disk.see(line)
        for directory, what in disk.changed.items():
            disk.wrong.append(f"{disk.short(directory)} is not synced after {what}")
        tally.check(not disk.wrong, f"{case.name}: {'; '.join(disk.wrong)}")
    tally.check(renames >= len(CASES), f"{renames} renames seen")
    print(f"carto: {renames} renames of {len(CASES)} commands, each between two syncs")
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(tally.failed > 0)


if __name__ == "__main__":
    main()
