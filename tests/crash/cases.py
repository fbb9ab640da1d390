"""The commands that write, each in the state in which it writes the most.

A case is prepared in a fresh world; what stands there before and after a plain run are the only two
states that any of its files may ever be in.
"""

import os
import subprocess

CONFIG = "home/.config/carto/config.toml"
CREDENTIALS = "home/.config/carto/credentials.toml"
SETTINGS = b"""\
# mine; the group may read it
username = "johnsmith"   # the default

[ui]
editor = "nano"

[profiles.staging]
base_url = "https://maps.example.com/user/ann"
"""
KEYS = b"""\
# the first
[[credential]]
base_url = "https://johnsmith.carto.com"
username = "johnsmith"
apikey = "key-of-john"

[[credential]]
base_url = "https://maps.example.com/user/ann"
username = "ann"
apikey = "key-of-ann"
"""
OTHER = b'{"base_url": "https://third.carto.com", "username": "third", "api_key": "key-of-third"}\n'
EXPORTED = b'{"base_url": "https://johnsmith.carto.com", "username": "johnsmith", "api_key": "older"}\n'


def user(world):
    """Two accounts with keys; modes and a group that have to stay."""
    world.write(CONFIG, SETTINGS, 0o640)
    world.write(CREDENTIALS, KEYS, 0o600)
    os.chmod(world.path("home/.config/carto"), 0o700)
    if os.geteuid() == 0:
        os.chown(world.path(CONFIG), 0, 4242)


def linked(world):
    """The settings are a link to a link to a file among dotfiles."""
    user(world)
    os.makedirs(world.path("home/dotfiles"))
    os.rename(world.path(CONFIG), world.path("home/dotfiles/carto.toml"))
    os.symlink("carto.toml", world.path("home/dotfiles/link"))
    os.symlink("../../dotfiles/link", world.path(CONFIG))


def project(world):
    """A trusted project with a key of its own."""
    user(world)
    world.must("init")
    world.must("config set --project profile staging")
    world.must("config set --project apikey", stdin=b"key-of-project\n")


def stranger(world):
    """A project that came with a clone and selects an account."""
    user(world)
    world.write("work/.carto/config.toml", 'profile = "staging"\n')


def repository(world):
    """The place to work is a work tree of git."""
    user(world)
    subprocess.run(["git", "init", "-q", "--template=", world.path("work")], check=True, env=world.env)


def exported(world):
    user(world)
    world.write("work/creds.json", EXPORTED, 0o644)


def importable(world):
    user(world)
    world.write("work/creds.json", OTHER, 0o600)


def first(world):
    world.write("work/creds.json", OTHER, 0o600)


def nothing(_):
    pass


class Case:
    def __init__(self, name, prepare, words, stdin=b""):
        self.name, self.prepare, self.words, self.stdin = name, prepare, words, stdin


def hash_of(text):
    import hashlib

    return "sha256:" + hashlib.sha256(text).hexdigest()


CASES = [
    Case("config set", user, "config set ui.editor vi"),
    Case("config set, first of all", nothing, "config set username ann"),
    Case("config set, through links", linked, "config set ui.editor vi"),
    Case("config set, bound key", user, "config set apikey", b"new-key\n"),
    Case("config set --project", project, "config set --project organization acme"),
    Case("config set --project apikey", project, "config set --project apikey", b"new-key\n"),
    Case("config unset", user, "config unset ui.editor"),
    Case("login, first account", nothing, "login https://ann.carto.com --key-stdin", b"new-key\n"),
    Case("login, new profile", user, "login https://new.carto.com --key-stdin", b"new-key\n"),
    Case("login, new key", user, "login https://johnsmith.carto.com --key-stdin", b"new-key\n"),
    Case("logout", user, "logout"),
    Case("credentials import", importable, "credentials import creds.json"),
    Case("credentials import, first", first, "credentials import creds.json"),
    Case("credentials export", user, "credentials export creds.json"),
    Case("credentials export, over", exported, "credentials export creds.json"),
    Case("credentials export, in git", repository, "credentials export creds.json"),
    Case("credentials export --default", user, "credentials export --default"),
    Case("credentials delete", importable, "credentials delete creds.json"),
    Case("trust --expect", stranger, "trust --expect " + hash_of(b'profile = "staging"\n')),
    Case("trust --revoke", project, "trust --revoke"),
    Case("init", user, "init"),
]
