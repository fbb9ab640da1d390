"""A plugin of carto: `carto @NAME@` runs it with the account in its environment."""

import argparse
import dataclasses
import json
import os
import sys

__version__ = "0.1.0"


@dataclasses.dataclass(frozen=True)
class Account:
    """What carto hands over. The key is not shown when this is printed."""

    base_url: str
    username: "str | None"
    api_key: "str | None" = dataclasses.field(repr=False)

    @property
    def key(self):
        """What there is to say of the key; the key goes to the server alone."""
        if self.api_key is None:
            return "none"
        return "public" if self.api_key == "default_public" else "yours"


class Refused(Exception):
    """An error with its exit status, and what to type."""

    def __init__(self, status, what, *helps):
        super().__init__(what)
        self.status = status
        self.helps = helps


def account(env):
    """Reads the account that carto hands over."""
    api = env.get("CARTO_PLUGIN_API")
    # Without carto these variables may be anybody's.
    if not api:
        raise Refused(2, "carto-@NAME@ is a plugin of carto", "carto @NAME@")
    if api != "1":
        raise Refused(2, "this carto-@NAME@ knows contract 1 alone")
    base_url = env.get("CARTO_BASE_URL")
    if not base_url:
        raise Refused(4, "no account is named", "carto login URL", "carto config explain")
    return Account(base_url, env.get("CARTO_USERNAME"), env.get("CARTO_API_KEY"))


def settings(env):
    """Reads the settings below `plugins.@NAME@`."""
    return json.loads(env.get("CARTO_PLUGIN_CONFIG") or "{}")


def parser():
    """Makes the parser of the arguments."""
    made = argparse.ArgumentParser(
        prog="carto @NAME@",
        description="Say which account carto hands over, and the greeting of your settings",
        epilog="Settings: carto config set plugins.@NAME@.greeting TEXT",
    )
    made.add_argument("-j", "--json", action="store_true", help="print JSON")
    made.add_argument("--version", action="version", version=f"carto-@NAME@ {__version__}")
    return made


def main(args=None, env=os.environ):
    """Runs the plugin and returns its exit status."""
    options = parser().parse_args(args)
    try:
        found = account(env)
    except Refused as error:
        print(f"error: {error}", file=sys.stderr)
        for line in error.helps:
            print(f"help: {line}", file=sys.stderr)
        return error.status
    if options.json:
        shown = {"username": found.username, "base_url": found.base_url, "key": found.key}
        print(json.dumps(shown))
    else:
        greeting = settings(env).get("greeting", "hello")
        print(f"{greeting} {found.username or 'nobody'} at {found.base_url} (key: {found.key})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
