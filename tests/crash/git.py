"""The same kills for `git config`, to compare with.

    python3 tests/crash/git.py PLACE

Kills `git config --global` at every system call, looks whether the file is the old or the new one,
and whether the next `git config` works. Nothing here can fail: the figures are git's.
"""

import os
import sys
import tempfile
from collections import Counter

from injected import CALL, names_of
from world import World, restore, run, snapshot

OLD = '[user]\n\tname = Ann # as she writes it\n[core]\n\teditor = nano\n'


def main():
    place = tempfile.mkdtemp(dir=sys.argv[1])
    world = World(os.path.join(place, "w"), None)
    path = world.write("home/.gitconfig", OLD)
    old, _, _ = snapshot(world.root)
    command = ["git", "config", "--global", "core.editor"]
    run([*command, "vi"], world.env, world.path("work"))
    with open(path, "rb") as file:
        new = file.read()
    log = os.path.join(place, "log")

    def killed(*options):
        restore(world.root, old)
        ran = run(["strace", "-o", log, *options, *command, "vi"], world.env, world.path("work"))
        with open(log, errors="replace") as file:
            return ran, [line for line in file if CALL.match(line)]

    tried = Counter()
    _, calls = killed()
    for name in names_of(calls):
        number = 0
        while True:
            number += 1
            ran, _ = killed("-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={number}")
            if ran.code != -9:
                break
            tried["kills"] += 1
            with open(path, "rb") as file:
                tried["lost"] += file.read() not in (OLD.encode(), new)
            again = run([*command, "emacs"], world.env, world.path("work"))
            tried["blocked"] += again.code != 0
    print(
        f"git: {tried['kills']} kills tried, {tried['lost']} files lost, "
        f"{tried['blocked']} left a lock that stops the next write"
    )
    print(f"{int(tried['kills'] > 0)} passed, {int(tried['kills'] == 0)} failed")
    sys.exit(tried["kills"] == 0)


if __name__ == "__main__":
    main()
