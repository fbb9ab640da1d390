#!/usr/bin/env python3
"""Checks that carto and one release of CARTOframes read and write each other's files.

    PYTHON tests/interop/cartoframes.py CARTO VERSION

PYTHON must find the release; run says how. Everything happens in a scratch directory
with an environment of its own; nothing is sent anywhere. Each difference is one line, the last line
counts, and the exit status is 1 when something differs.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, Optional

KEY = "marker0123456789"
# What json.dump escapes and a shell, a URL or TOML would trip over.
AWKWARD_KEY = "a\"b\\c/d<e>&%{}'$`~#="


class Account(NamedTuple):
    username: Optional[str]
    base_url: str
    apikey: str


class Case(NamedTuple):
    name: str
    # The arguments of `Credentials` whose save() carto imports.
    saved: dict
    # The account that carto must show and hand to plugins.
    account: Account
    # The arguments of the `Credentials` that an export must equal, where carto knows more than the
    # file said (the user name inside the base URL, the public key for none).
    exported: Optional[dict] = None


class Refused(NamedTuple):
    name: str
    # The arguments of `Credentials` whose save() carto refuses to import.
    saved: dict
    # A value of the file that may show nowhere, as the file has it and as it is meant.
    never_shown: tuple


class Written(NamedTuple):
    """A file that a person wrote or changed, which the release reads."""

    name: str
    # The fields, by the names that 1.x gives them.
    fields: dict
    # What carto reads. The release reads the same, or `None` where carto knows more.
    account: Account


class Release0:
    """0.x: writes its own place only, whatever path save() is given."""

    FILE, FORM = "cartocreds.json", "0.x"

    def __init__(self, directory):
        self.place = directory / self.FILE
        self.type = import_module("cartoframes").Credentials

    def named(self, arguments):
        """Gives arguments or fields by the names of this release."""
        arguments = dict(arguments)
        if "api_key" in arguments:
            arguments["key"] = arguments.pop("api_key")
        return arguments

    def make(self, arguments):
        return self.type(**self.named(arguments))

    def load(self, path):
        # Without a path it takes its own place.
        return self.type(cred_file=path and str(path))

    def facts(self, credentials):
        return credentials.username(), credentials.base_url(), credentials.key()


class Release1:
    """1.0.2 and later: `allow_non_secure` permits http."""

    FILE, FORM = "creds.json", "1.x"

    def __init__(self, directory):
        self.place = directory / self.FILE
        self.type = import_module("cartoframes.auth").Credentials
        logger = import_module("cartoframes.utils.logger")
        logger.set_log_level("warning")
        metrics = import_module("cartoframes.utils.metrics")
        if metrics.get_metrics_enabled() is not False:
            sys.exit("CARTOframes' metrics are not switched off")

    def named(self, arguments):
        return dict(arguments)

    def make(self, arguments):
        return self.type(**arguments)

    def load(self, path):
        return self.type.from_file(path and str(path))

    def facts(self, credentials):
        return (credentials.username, credentials.base_url, credentials.api_key,
                bool(credentials.allow_non_secure))


class Release10(Release1):
    """1.0.0 and 1.0.1: https only."""

    FORM = "1.0"

    def facts(self, credentials):
        return credentials.username, credentials.base_url, credentials.api_key


def release_of(version, directory):
    if version.startswith("0."):
        return Release0(directory)
    return (Release10 if version in ("1.0.0", "1.0.1") else Release1)(directory)


def saved_bytes(release, arguments):
    """Gives what save() writes."""
    release.make(arguments).save()
    text = release.place.read_bytes()
    release.place.unlink()
    return text


CLOUD = "https://john.carto.com"
ON_PREMISES = "https://maps.example.com/user/john"
NAMELESS = "https://maps.example.com"

ACCEPTED = [
    Case("cloud", {"username": "john", "api_key": KEY}, Account("john", CLOUD, KEY)),
    Case("cloud with its base URL",
         {"username": "john", "api_key": KEY, "base_url": CLOUD + "/"},
         Account("john", CLOUD, KEY)),
    Case("cloud by base URL alone", {"api_key": KEY, "base_url": CLOUD},
         Account("john", CLOUD, KEY),
         {"username": "john", "api_key": KEY, "base_url": CLOUD}),
    Case("on premises", {"username": "john", "api_key": KEY, "base_url": ON_PREMISES + "/"},
         Account("john", ON_PREMISES, KEY)),
    Case("on premises by base URL alone", {"api_key": KEY, "base_url": ON_PREMISES},
         Account("john", ON_PREMISES, KEY),
         {"username": "john", "api_key": KEY, "base_url": ON_PREMISES}),
    Case("on premises with a name of mixed case",
         {"username": "John_S.1", "api_key": KEY,
          "base_url": "https://maps.example.com/user/John_S.1"},
         Account("John_S.1", "https://maps.example.com/user/John_S.1", KEY)),
    Case("a port", {"username": "john", "api_key": KEY,
                    "base_url": "https://maps.example.com:8443/user/john"},
         Account("john", "https://maps.example.com:8443/user/john", KEY)),
    Case("no user name anywhere", {"api_key": KEY, "base_url": NAMELESS},
         Account(None, NAMELESS, KEY)),
    Case("a name outside the base URL",
         {"username": "john", "api_key": KEY, "base_url": NAMELESS},
         Account("john", NAMELESS, KEY)),
    Case("an awkward key", {"username": "john", "api_key": AWKWARD_KEY},
         Account("john", CLOUD, AWKWARD_KEY)),
    Case("the public key", {"username": "john", "api_key": "default_public"},
         Account("john", CLOUD, "default_public")),
]

ACCEPTED_BY_1 = [
    Case("no key", {"username": "john"}, Account("john", CLOUD, "default_public")),
    Case("a key of None", {"username": "john", "api_key": None},
         Account("john", CLOUD, "default_public"),
         {"username": "john", "api_key": "default_public"}),
    Case("an empty key", {"username": "john", "api_key": ""},
         Account("john", CLOUD, "default_public"),
         {"username": "john", "api_key": "default_public"}),
    Case("no key, on premises", {"base_url": ON_PREMISES},
         Account("john", ON_PREMISES, "default_public"),
         {"username": "john", "base_url": ON_PREMISES}),
    Case("an empty name", {"username": "", "api_key": KEY, "base_url": NAMELESS},
         Account(None, NAMELESS, KEY), {"api_key": KEY, "base_url": NAMELESS}),
]

HTTP = "http://maps.example.com/user/john"

ACCEPTED_BY_1_2 = [
    Case("http", {"username": "john", "api_key": KEY, "allow_non_secure": True, "base_url": HTTP},
         Account("john", HTTP, KEY)),
    Case("http without a key", {"allow_non_secure": True, "base_url": HTTP},
         Account("john", HTTP, "default_public"),
         {"username": "john", "allow_non_secure": True, "base_url": HTTP}),
]

WRITTEN = [
    Written("no key", {"username": "john", "base_url": ON_PREMISES},
            Account("john", ON_PREMISES, "default_public")),
    Written("a key of null", {"username": "john", "api_key": None, "base_url": CLOUD},
            Account("john", CLOUD, "default_public")),
    Written("a name of null", {"username": None, "api_key": KEY, "base_url": ON_PREMISES},
            Account("john", ON_PREMISES, KEY)),
    Written("no name", {"api_key": KEY, "base_url": CLOUD}, Account("john", CLOUD, KEY)),
    Written("slashes", {"username": "john", "api_key": KEY, "base_url": ON_PREMISES + "///"},
            Account("john", ON_PREMISES, KEY)),
    Written("names that no release knows, not in ASCII",
            {"username": "john", "api_key": KEY, "base_url": CLOUD,
             "\u00f6rtlich": "\u20ac\U0001f600", "null": None},
            Account("john", CLOUD, KEY)),
]

WRITTEN_FOR_1 = [
    Written("a name alone", {"username": "john"}, Account("john", CLOUD, "default_public")),
    Written("a base URL of null", {"username": "john", "api_key": KEY, "base_url": None},
            Account("john", CLOUD, KEY)),
    Written("everything else null", {"username": "john", "api_key": None, "base_url": None,
                                     "allow_non_secure": None},
            Account("john", CLOUD, "default_public")),
    Written("https with the permission for http",
            {"username": "john", "api_key": KEY, "base_url": CLOUD, "allow_non_secure": True},
            Account("john", CLOUD, KEY)),
]

REFUSED = [
    Refused("a key that is not ASCII", {"username": "john", "api_key": "marker\u00e9\U0001f600"},
            ("marker",)),
    Refused("a key with a space", {"username": "john", "api_key": "marker 1"}, ("marker",)),
    Refused("a key with an escape sequence", {"username": "john", "api_key": "marker\x1b[2J"},
            ("marker", "\x1b")),
    Refused("a name that is not ASCII",
            {"username": "j\u00f6hn", "api_key": "marker", "base_url": NAMELESS}, ("marker",)),
    Refused("a name that is a path",
            {"username": "../john", "api_key": "marker", "base_url": NAMELESS}, ("marker",)),
    Refused("a base URL with another user",
            {"username": "john", "api_key": "marker",
             "base_url": "https://john.carto.com@evil.example"}, ("marker",)),
    Refused("a base URL that names another account",
            {"username": "john", "api_key": "marker", "base_url": "https://jane.carto.com"},
            ("marker",)),
]


class Carto:
    """carto with a home and an environment of its own."""

    def __init__(self, binary, home, config_home=None):
        self.binary = binary
        self.home = home
        plugins = home / "plugins"
        plugins.mkdir(parents=True)
        write_plugin(plugins / "carto-dump-env")
        (home / "system").mkdir()
        self.environment = {
            "HOME": str(home),
            "PATH": os.pathsep.join([str(plugins), "/usr/bin", "/bin"]),
            "XDG_CONFIG_HOME": str(config_home or home / ".config"),
            "CARTO_SYSTEM_CONFIG_DIR": str(home / "system"),
        }

    def run(self, *arguments):
        return subprocess.run([self.binary, *map(str, arguments)], env=self.environment,
                              cwd=self.home, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=60)

    def output(self, *arguments):
        """Gives standard output of a command that must succeed."""
        result = self.run(*arguments)
        if result.returncode != 0:
            words = " ".join(map(str, arguments))
            said = result.stderr.decode(errors="replace").strip()
            raise Problem(f"`carto {words}` ended with {result.returncode}: {said}")
        return result.stdout

    def stored(self):
        """Gives all bytes below the home, so that a test can look for what must not be there."""
        return b"\n".join(path.read_bytes() for path in self.home.rglob("*") if path.is_file())


def write_plugin(path):
    program = "import json, os; print(json.dumps(dict(os.environ)))"
    path.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(program)}\n")
    path.chmod(0o755)


class Problem(Exception):
    """Why a check failed."""


def expect(what, found, wanted):
    if found != wanted:
        raise Problem(f"{what} is {found!r}, not {wanted!r}")


def same_account(carto, release, case, scratch, indent):
    """The release and carto read the same in a file that save() would not write like this."""
    path = scratch / "written.json"
    text = json.dumps(release.named(case.fields), indent=indent, ensure_ascii=indent is None)
    path.write_text(text, encoding="utf-8")
    read = release.facts(release.load(path))[:3]
    expect("what the release reads",
           [theirs if theirs is not None else ours for theirs, ours in zip(read, case.account)],
           list(case.account))
    found = json.loads(carto.output("--credentials-file", path, "credentials", "show", "--json",
                                    "--show-secrets"))
    expect("what carto reads", (found.get("username"), found.get("base_url"),
                                found.get("apikey")), tuple(case.account))
    carto.output("credentials", "import", path)
    shown(carto, case.account)


def http_is_refused(carto, release, scratch):
    """0.x takes http without being told to; carto does not."""
    source = scratch / "http.json"
    fields = {"username": "john", "api_key": "marker", "base_url": HTTP}
    source.write_text(json.dumps(release.named(fields)))
    if release.FORM == "0.x":
        expect("what the release reads", release.facts(release.load(source)),
               ("john", HTTP, "marker"))
    result = carto.run("credentials", "import", source)
    source.unlink()
    said = (result.stdout + result.stderr).decode(errors="replace")
    expect(f"exit status ({said.strip()})", result.returncode, 4)
    expect("allow_non_secure in what is said", "allow_non_secure" in said, True)
    for where in (said.encode(), carto.stored()):
        expect("the key", b"marker" in where, False)


def imported(carto, release, case, scratch):
    source = scratch / "source.json"
    text = saved_bytes(release, case.saved)
    source.write_bytes(text)
    result = carto.run("credentials", "import", source)
    said = (result.stdout + result.stderr).decode(errors="replace")
    expect(f"exit status of the import ({said.strip()})", result.returncode, 0)
    expect("the source afterwards", source.read_bytes(), text)
    if case.account.apikey != "default_public":
        expect("the key in what import says", case.account.apikey in said, False)


def shown(carto, account):
    found = json.loads(carto.output("credentials", "show", "--json", "--show-secrets"))
    expect("the account shown", (found.get("username") or None, found.get("base_url"),
                                 found.get("apikey")), tuple(account))
    masked = json.loads(carto.output("credentials", "show", "--json"))
    if account.apikey != "default_public":
        expect("the masked key", masked.get("apikey") == account.apikey, False)


def handed_to_plugins(carto, account):
    found = json.loads(carto.output("dump-env"))
    expect("the plugin's account",
           (found.get("CARTO_USERNAME") or None, found.get("CARTO_BASE_URL"),
            found.get("CARTO_API_KEY")), tuple(account))
    expect("CARTO_USER", found.get("CARTO_USER") or None, account.username)
    allowed = "1" if account.base_url.startswith("http:") else None
    expect("CARTO_ALLOW_NON_SECURE", found.get("CARTO_ALLOW_NON_SECURE"), allowed)


def read_by_the_release(carto, release, arguments, scratch):
    path = scratch / "export.json"
    path.write_bytes(carto.output("credentials", "export"))
    expect("what the release reads of the export", release.facts(release.load(path)),
           release.facts(release.make(arguments)))


def written_like_save(carto, release, arguments):
    expect(f"the export as {release.FORM}",
           carto.output("credentials", "export", "--as", release.FORM),
           saved_bytes(release, arguments))


def no_file_of(carto, form):
    result = carto.run("credentials", "export", "--as", form)
    expect(f"exit status of an export of http as {form}", result.returncode, 4)
    expect("what such an export writes", result.stdout, b"")


def refused(carto, release, case, scratch):
    source = scratch / "source.json"
    source.write_bytes(saved_bytes(release, case.saved))
    result = carto.run("credentials", "import", source)
    source.unlink()
    said = (result.stdout + result.stderr).decode(errors="replace")
    if result.returncode not in (3, 4):
        raise Problem(f"exit status {result.returncode}, not 3 or 4: {said.strip()}")
    for word in case.never_shown:
        expect(f"{word!r} in what import says", word in said, False)
        expect(f"{word!r} in what is stored", word.encode() in carto.stored(), False)


def own_places(carto, release, arguments):
    """carto finds the release's own file, and the release finds carto's export."""
    release.make(arguments).save()
    carto.output("credentials", "import")
    release.place.unlink()
    carto.output("credentials", "export", "--default")
    expect("the mode of the file", release.place.stat().st_mode & 0o777, 0o600)
    expect("what the release reads in its own place", release.facts(release.load(None)),
           release.facts(release.make(arguments)))


def checks_of(binary, release, scratch):
    """Gives the name of every check and the function that makes it. Each must be called before the
    next is asked for: the checks of a case build on each other."""
    cases = ACCEPTED + (ACCEPTED_BY_1 if release.FORM != "0.x" else [])
    cases += ACCEPTED_BY_1_2 if release.FORM == "1.x" else []
    for number, case in enumerate(cases):
        home = scratch / f"accepted-{number}"
        carto = Carto(binary, home)
        arguments = case.saved if case.exported is None else case.exported
        yield f"{case.name}: import", lambda: imported(carto, release, case, home)
        yield f"{case.name}: show", lambda: shown(carto, case.account)
        yield f"{case.name}: plugin", lambda: handed_to_plugins(carto, case.account)
        yield (f"{case.name}: default export",
               lambda: read_by_the_release(carto, release, arguments, home))
        yield (f"{case.name}: export as {release.FORM}",
               lambda: written_like_save(carto, release, arguments))
        if case.account.base_url.startswith("http:"):
            for form in ("0.x", "1.0"):
                yield f"{case.name}: no export as {form}", lambda: no_file_of(carto, form)
    for number, case in enumerate(WRITTEN + (WRITTEN_FOR_1 if release.FORM != "0.x" else [])):
        for indent in (None, 4):
            home = scratch / f"written-{number}-{indent}"
            carto = Carto(binary, home)
            yield (f"{case.name}: written by hand, indent {indent}",
                   lambda: same_account(carto, release, case, home, indent))
    for number, case in enumerate(REFUSED):
        home = scratch / f"refused-{number}"
        carto = Carto(binary, home)
        yield f"{case.name}: refused", lambda: refused(carto, release, case, home)
    carto = Carto(binary, scratch / "http")
    yield "http is refused", lambda: http_is_refused(carto, release, scratch / "http")
    carto = Carto(binary, scratch / "own-places", os.environ["XDG_CONFIG_HOME"])
    yield "own places", lambda: own_places(carto, release, ACCEPTED[3].saved)


def enter(scratch):
    """Gives this process an environment of its own; must come before the release is imported,
    which asks for its directory once and for all."""
    for name in [name for name in os.environ if name.startswith(("CARTO_", "XDG_"))]:
        del os.environ[name]
    os.environ["HOME"] = str(scratch)
    os.environ["XDG_CONFIG_HOME"] = str(scratch / "config")
    directory = scratch / "config" / "cartoframes"
    directory.mkdir(parents=True)
    # 1.x replaces a file without a valid `uuid` by one that switches the metrics on.
    metrics = {"uuid": "00000000-0000-4000-8000-000000000000", "enabled": False}
    (directory / "metrics.json").write_text(json.dumps(metrics))
    os.chdir(scratch)
    # This script has the name of the package.
    sys.path[:] = [path for path in sys.path if path != str(Path(__file__).resolve().parent)]
    return directory


def main(binary, version):
    binary = os.path.abspath(binary)
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="carto-interop-") as scratch:
        scratch = Path(scratch).resolve()
        directory = enter(scratch)
        release = release_of(version, directory)
        found = import_module("cartoframes").__version__
        if found != version:
            sys.exit(f"this is CARTOframes {found}, not {version}")
        for name, check in checks_of(binary, release, scratch):
            try:
                check()
                passed += 1
            except (Problem, OSError, ValueError, subprocess.TimeoutExpired) as problem:
                failed += 1
                print(f"CARTOframes {version}: {name}: {problem}")
        os.chdir("/")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
