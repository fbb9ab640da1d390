"""Checks that carto imports from `.cartorc.yaml` what carto_cli itself reads there.

    python carto_cli.py PATH-TO-CARTO

Each file is loaded by carto_cli's own command `carto_env load ALIAS`, whose exports are compared with
what `carto credentials import` made of the same bytes. Where carto refuses a file there must be a
reason: it is in the table, and a key that is imported is always the one that carto_cli would send.
Then the files are changed at random, byte by byte: ROUNDS of them (300), from SEED (1, so that a run
can be repeated; `.ci/run long` looks further, with another seed each time).
"""

import functools
import json
import os
import random
import re
import subprocess
import sys
import tempfile

import yaml

# This file has the name of the package.
sys.path.pop(0)
# carto_cli calls `yaml.load` as PyYAML 3 had it: with the loader that knows every tag.
yaml.load = functools.partial(yaml.load, Loader=yaml.Loader)
from carto_cli import carto_env  # noqa: E402
from click.testing import CliRunner  # noqa: E402

SAME, REFUSED, ALONE = "same", "refused", "carto_cli cannot read it"
EXPORT = re.compile(r'^export (\w+)="(.*?)"$', re.M | re.S)
USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*$")
BASE = "base: &base {organization: Acme, url: 'https://maps.example.com'}\n"

# What is expected of carto, and the file.
FILES = [
    (SAME, "ann:\n  api_key: 1a2b3c\n"),
    (SAME, "---\nann:\n  api_key: 1a2b3c\n...\n"),
    (SAME, "ann:\r\n  api_key: 1a2b3c\r\n  organization: Acme & Co\r\n"),
    (SAME, "\ufeffann:\n  api_key: 1a2b3c\n"),
    (SAME, "prod:\n  user: ann\n  api_key: abc\n"),
    (SAME, "prod:\n  user: ann\n  api_key: abc\n  url: https://ann.carto.com/\n"),
    (SAME, "prod:\n  user: ann\n  api_key: abc\n  url: https://maps.example.com/user/ann\n"),
    (SAME, "prod:\n  api_key: abc\n  url: https://maps.example.com/\n  check_ssl: false\n"),
    (SAME, "prod:\n  api_key: abc\n  url: https://acme.carto.com/api/\n"),
    (SAME, "a: {api_key: k1}\nb: {api_key: k2}\nc: {api_key: k3, user: b, note: [x, {y: z}]}\n"),
    (SAME, '{"ann": {"api_key": "0123", "user": "bob"}}'),
    (SAME, "{ann: {api_key: k1}}"),
    (SAME, "ann: {\"api_key\":\"k:1\"}\n"),
    (SAME, "ann: {api_key: '0123'}\n"),
    (SAME, "ann: {api_key: !!str 0123}\n"),
    (SAME, "ann: {api_key: 1e5}\n"),
    (SAME, "ann: {api_key: 12e34567}\n"),
    (SAME, "ann: {api_key: 0o17}\n"),
    (SAME, "ann: {api_key: 089}\n"),
    (SAME, "ann: {api_key: y}\n"),
    (SAME, "ann: {api_key: k1} # api_key: k2\n"),
    (SAME, "ann: {api_key: k#1}\n"),
    (SAME, "ann:\n  api_key: \"k\\x31\\u0032\"\n"),
    (SAME, "ann:\n  api_key: 'it''s'\n"),
    (SAME, "ann:\n  api_key: >-\n    folded\n"),
    (SAME, "ann:\n  api_key: |-\n    0123\n"),
    (SAME, "ann:\n  api_key:\n    k1\n"),
    (SAME, "? ann\n: ? api_key\n  : k1\n"),
    (SAME, BASE + "ann: {<<: *base, api_key: k1}\n"),
    (SAME, BASE + "ann: {api_key: k1, organization: Own, <<: *base}\n"),
    (SAME, BASE + "b2: &b2 {note: two}\nann: {<<: [*b2, *base], api_key: k1}\n"),
    (SAME, BASE + "b2: &b2 {organization: Acme}\nann: {<<: *b2, <<: *base, api_key: k1}\n"),
    (SAME, BASE + "b2: &b2 {organization: Two}\nann: {<<: [*b2, *base], organization: Own, api_key: k1}\n"),
    (SAME, "ann: {api_key: &k k1}\nbob: {api_key: *k}\n"),
    (SAME, "ann: &a {api_key: k1, user: cid}\nbob: *a\n"),
    (SAME, "%YAML 1.1\n---\nann: {api_key: k1}\n"),
    # carto_cli would send another text than the file has.
    (REFUSED, "ann: {api_key: 0123}\n"),
    (REFUSED, "ann: {api_key: 123}\n"),
    (REFUSED, "ann: {api_key: 0x1F}\n"),
    (REFUSED, "ann: {api_key: 1:30}\n"),
    (REFUSED, "ann: {api_key: ! 0123}\n"),
    (REFUSED, "ann: {api_key: 1_000}\n"),
    (REFUSED, "ann: {api_key: 1.5e+3}\n"),
    (REFUSED, "ann: {api_key: yes}\n"),
    (REFUSED, "ann: {api_key: 2001-01-01}\n"),
    (REFUSED, "ann: {api_key: k1, user: no}\n"),
    (REFUSED, "123: {api_key: k1}\n"),
    (REFUSED, "no: {api_key: k1}\n"),
    # Releases of PyYAML differ: up to 6.0.3 the first of a list counts, in 6.0.4 the last.
    (REFUSED, BASE + "b2: &b2 {organization: Two}\nann: {<<: [*b2, *base], api_key: k1}\n"),
    (REFUSED, BASE + "b2: &b2 {organization: Two}\nann: {<<: *b2, <<: *base, api_key: k1}\n"),
    # carto_cli would take the last without a word.
    (REFUSED, "ann: {api_key: k1, api_key: k2}\n"),
    (REFUSED, "ann: {api_key: k1, api_key: }\n"),
    (REFUSED, "ann: {api_key: k1}\nann: {api_key: k2}\n"),
    (REFUSED, "ann: {api_key: k1}\nann: # {api_key: k2}\n"),
    # What PyYAML refuses.
    (REFUSED, "ann:\n\tapi_key: k1\n"),
    (REFUSED, "ann: {api_key: k1}\n---\nbob: {api_key: k2}\n"),
    (REFUSED, "ann: {api_key: =}\n"),
    (REFUSED, "ann: {api_key: *none}\n"),
    (REFUSED, "ann: {api_key: @k1}\n"),
    # What YAML 1.2 reads otherwise.
    (REFUSED, "ann: {api_key: k1, url: &ttps://maps.example.com/}\n"),
    (REFUSED, "ann: {api_key: &k:1 k2}\n"),
    (REFUSED, "ann: {api_key: k?1}\n"),
    (REFUSED, "\r\ufeffann: {api_key: k1}\n"),
    (REFUSED, "ann: {?api_key: k1}\n"),
    (REFUSED, "ann: {api_key: :k1}\n"),
    (SAME, "ann:\n  api_key: ?:k?1\n"),
    (REFUSED, "ann: {api_key: k1\n"),
    (REFUSED, "ann: !!python/object/apply:os.getcwd []\nbob: {api_key: k1}\n"),
    (REFUSED, "# c\u2028ann: {api_key: k1}\nbob: {api_key: k2}\n"),
]


def loaded(path):
    """Gives what carto_cli exports for each alias that has a key; None when it cannot read the file."""
    runner = CliRunner()
    try:
        with open(path, encoding="utf-8") as file:
            config = yaml.load(file.read())
    except Exception:
        return None
    if not isinstance(config, dict):
        return None
    accounts = {}
    for alias in config:
        if not isinstance(alias, str) or not isinstance(config[alias], dict):
            continue
        if config[alias].get("api_key") is None:
            continue
        run = runner.invoke(carto_env.cli, ["-c", path, "load", "--", alias], obj={})
        accounts[alias] = dict(EXPORT.findall(run.output))
    return accounts


def imported(carto, path):
    """Gives what carto made of each alias; None when it refused the file."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": os.environ["PATH"], "CARTO_SYSTEM_CONFIG_DIR": home + "/none"}

        def run(*words):
            return subprocess.run(
                [carto, *words], env=environment, cwd=home, capture_output=True, text=True, timeout=60
            )

        ran = run("credentials", "import", path)
        if ran.returncode not in (0, 1, 2, 3, 4):
            raise AssertionError(f"carto ended with {ran.returncode}: {ran.stderr}")
        if ran.returncode != 0:
            return None
        profiles = json.loads(run("profile", "list", "--json").stdout)
        accounts = {}
        for profile in profiles:
            got = run("-p", profile["name"], "env", "--format", "json")
            accounts[profile["name"]] = json.loads(got.stdout)
        return accounts


def url_of(text):
    """Gives a base URL as carto writes it."""
    text = text.strip("/")
    text = text[: -len("/api")] if text.endswith("/api") else text
    scheme, separator, rest = text.partition("://")
    host, slash, path = rest.partition("/")
    return scheme.lower() + separator + host.lower() + slash + path


def difference(theirs, ours):
    """Says in what an imported account differs from what carto_cli exports."""
    expected = {
        # One line end behind a key is none of it.
        "CARTO_API_KEY": (theirs["CARTO_API_KEY"].removesuffix("\n"), ours["CARTO_API_KEY"]),
        "CARTO_API_URL": (url_of(theirs["CARTO_API_URL"]), ours["CARTO_BASE_URL"]),
        "CARTO_ORG": (theirs.get("CARTO_ORG") or None, ours.get("CARTO_ORG")),
    }
    user, url = theirs["CARTO_USER"], ours["CARTO_BASE_URL"]
    # Where the URL says whose it is, the alias is a name for people; so is one that can be no user's.
    host = url.split("://")[1].split("/")[0]
    if "/user/" not in url and not host.endswith(".carto.com") and USER.match(user):
        expected["CARTO_USER"] = (user, ours.get("CARTO_USERNAME"))
    return {name: pair for name, pair in expected.items() if pair[0] != pair[1]}


def check(carto, text):
    """Compares one file; gives what became of it, and what is wrong."""
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "cartorc.yaml")
        with open(path, "wb") as file:
            file.write(text)
        ours, theirs = imported(carto, path), loaded(path)
    if ours is None:
        return REFUSED, None
    if theirs is None:
        return ALONE, None
    for alias, account in ours.items():
        if alias not in theirs:
            return SAME, f"carto_cli has no {alias!r}"
        wrong = difference(theirs[alias], account)
        # Null and blank text are not given, where carto_cli makes the name None of them.
        wrong = {name: pair for name, pair in wrong.items() if "none" not in str(pair[0]).lower() and pair[0]}
        if wrong:
            return SAME, f"{alias}: {wrong}"
    missing = set(theirs) - set(ours)
    return SAME, f"not imported: {missing}" if missing else None


def changed(random_, text):
    """Changes one byte, takes one out or puts one in."""
    at = random_.randrange(len(text))
    byte = random_.choice(b"\n\r\t :,#{}[]'\"&*!|>-?%@`~=<\\\x00\xff0189aZ")
    return random_.choice([
        text[:at] + bytes([byte]) + text[at + 1:],
        text[:at] + text[at + 1:],
        text[:at] + bytes([byte]) + text[at:],
    ])


def main():
    carto = os.path.abspath(sys.argv[1])
    passed = failed = 0
    for expected, text in FILES:
        got, wrong = check(carto, text.encode())
        if got == expected and wrong is None:
            passed += 1
        else:
            failed += 1
            print(f"FAILED {text!r}: {got}, expected {expected}: {wrong}")
    seed = int(os.environ.get("SEED", 1))
    print(f"seed {seed}")
    random_ = random.Random(seed)
    counts = dict.fromkeys([SAME, REFUSED, ALONE], 0)
    rounds = int(os.environ.get("ROUNDS", 300))
    for _ in range(rounds):
        text = changed(random_, random_.choice(FILES)[1].encode())
        got, wrong = check(carto, text)
        counts[got] += 1
        if wrong is None:
            passed += 1
        else:
            failed += 1
            print(f"FAILED {text!r}: {wrong}")
    print(f"changed files: {counts}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
