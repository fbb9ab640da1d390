"""Checks what real programs send, and where to, with the account that carto hands them.

    python3 tests/interop/clients.py CARTO PLACE

PLACE is where run has installed the programs. They run in a network of their own, in which nothing
can be reached but this script: as CARTO's servers, by name and with TLS, and as the name server
that is asked for everything else. Each request must go to the account's base URL with the account's
key; any other, and any name asked for, is a failure. Where the system permits no such network, only
http to 127.0.0.1 is checked, and the script says so. Ends with the counts.
"""

import contextlib
import fcntl
import http.server
import json
import os
import shlex
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

KEY = "marker0123456789"
OTHER_KEY = "othermarker0123456789"
# Names that this script answers to. `jane` is the account that must never be seen.
HOSTS = ["johnsmith.carto.com", "jane.carto.com", "maps.example.com"]
ANSWER = {"rows": [{"a": 4711}], "fields": {"a": {"type": "number", "pgtype": "int4"}},
          "time": 0.1, "total_rows": 1}
# What an earlier run or another program left in the environment: all of another account.
LEFTOVER = {
    "CARTO_USERNAME": "jane", "CARTO_USER": "jane", "CARTO_BASE_URL": "https://jane.carto.com",
    "CARTO_API_URL": "https://jane.carto.com/api/v2/sql", "CARTO_API_KEY": OTHER_KEY,
    "CARTO_API_TOKEN": OTHER_KEY, "CARTO_ORG": "janes",
}

GUIDE = (Path(__file__).resolve().parents[2] / "src/cli/guides/programs.md").read_text()

# What the guide tells people to write, and a query.
FRAMES = GUIDE.split("```python\n")[1].split("```")[0] + """
from cartoframes.data.clients import SQLClient
print(SQLClient().query("SELECT 1 AS a"))
"""

FRAMES_DEFAULT = """
from cartoframes.auth import set_default_credentials
from cartoframes.data.clients import SQLClient
set_default_credentials()
print(SQLClient().query("SELECT 1 AS a"))
"""

LIBRARY = """
import os
from carto.auth import APIKeyAuthClient
from carto.sql import SQLClient
client = APIKeyAuthClient(
    os.environ["CARTO_API_URL"], os.environ["CARTO_API_KEY"], os.environ.get("CARTO_ORG"))
print(SQLClient(client).send("SELECT 1 AS a"))
"""

# The command lines of carto that start them.
PROGRAMS = {
    "CARTOframes": "exec -- python frames.py",
    "CARTO's Python library": "exec --as carto-python -- python library.py",
    "carto_sql": "exec --as carto-python -- carto_sql run 'SELECT 1 AS a'",
    "ogrinfo": "exec --as gdal -- ogrinfo -ro Carto:johnsmith -sql 'SELECT 1 AS a'",
}


class Request(NamedTuple):
    method: str
    # Scheme, host and path, as the program meant them.
    url: str
    keys: tuple
    # All that was sent, to look for what must not be there.
    raw: bytes


class Recorder:
    """Answers like CARTO's SQL API, whatever it is asked, and keeps what it was asked."""

    def __init__(self):
        self.requests = []
        self.names = []

    def serve(self, scheme, port, context=None):
        """Starts a server on 127.0.0.1 and gives its port."""
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                recorder.requests.append(request_of(scheme, self, body))
                text = json.dumps(ANSWER).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_CONNECT = do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = answer

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        # A program that hangs up, or does not trust the certificate, has sent nothing.
        server.handle_error = lambda *_: None
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True,
                                                do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server.server_address[1]

    def serve_names(self):
        """Starts a name server that knows nothing and keeps what it was asked."""
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("127.0.0.1", 53))

        def answer():
            while True:
                question, client = server.recvfrom(4096)
                self.names.append(name_in(question))
                # The same question, and that there is no such name.
                server.sendto(question[:2] + b"\x81\x83" + question[4:6] + bytes(6) +
                              question[12:], client)

        threading.Thread(target=answer, daemon=True).start()

    def take(self):
        """Gives what came in since it was last called."""
        # A request for which the program did not wait may still be on its way.
        time.sleep(0.05)
        taken = self.requests[:], self.names[:]
        self.requests.clear()
        self.names.clear()
        return taken


def request_of(scheme, handler, body):
    target = handler.path
    if target.startswith("/"):
        target = f"{scheme}://{handler.headers.get('Host')}{target}"
    parts = urlsplit(target)
    fields = parse_qsl(parts.query)
    with contextlib.suppress(ValueError):
        given = json.loads(body)
        fields += given.items() if isinstance(given, dict) else []
    if handler.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        fields += parse_qsl(body.decode(errors="replace"))
    keys = [value for name, value in fields if name == "api_key"]
    keys += [handler.headers[name] for name in ("Authorization", "Cookie") if name in handler.headers]
    raw = b"\n".join([target.encode(), bytes(handler.headers), body])
    return Request(handler.command, parts._replace(query="").geturl(), tuple(keys), raw)


def name_in(question):
    labels, at = [], 12
    while at < len(question) and question[at]:
        labels.append(question[at + 1:at + 1 + question[at]].decode(errors="replace"))
        at += 1 + question[at]
    return ".".join(labels)


class User:
    """A home, with an environment that holds nothing of the real user."""

    def __init__(self, carto, place, scratch, name, network):
        self.home = scratch / name
        self.home.mkdir()
        self.carto = carto
        for file, text in {"frames.py": FRAMES, "default.py": FRAMES_DEFAULT,
                           "library.py": LIBRARY}.items():
            (self.home / file).write_text(text)
        frames = self.home / ".config/cartoframes"
        frames.mkdir(parents=True)
        # CARTOframes replaces a file without a valid `uuid` by one that switches the metrics on.
        metrics = {"uuid": "00000000-0000-4000-8000-000000000000", "enabled": False}
        (frames / "metrics.json").write_text(json.dumps(metrics))
        self.environment = {
            "HOME": str(self.home),
            "PATH": f"{self.commands(place, scratch)}:/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": str(place / "carto-cli"),
            "PYTHONWARNINGS": "ignore",
            "CARTO_SYSTEM_CONFIG_DIR": str(self.home / "system"),
            **network,
        }

    @staticmethod
    def commands(place, scratch):
        directory = scratch / "bin"
        if not directory.is_dir():
            directory.mkdir()
            python = place / "python/bin/python"
            # Its own start line names the Python that installed it.
            for name, command in {"python": f"{python}",
                                  "carto_sql": f"{python} {place / 'carto-cli/bin/carto_sql'}",
                                  }.items():
                program = directory / name
                program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
                program.chmod(0o755)
        return directory

    def run(self, line, more=(), given=""):
        arguments = shlex.split(line)
        if arguments[0] == "carto":
            arguments[0] = self.carto
        return subprocess.run(arguments, cwd=self.home, env={**self.environment, **dict(more)},
                              input=given, capture_output=True, text=True, timeout=120)

    def do(self, line, given=""):
        """Runs what must succeed."""
        ran = self.run(line, given=given)
        if ran.returncode != 0:
            raise Problem(f"`{line}` ended with {ran.returncode}: {ran.stderr.strip()}")
        return ran


class Problem(Exception):
    """Why a check failed."""


class Checks:
    def __init__(self, recorder):
        self.recorder = recorder
        self.passed = self.failed = 0

    @contextlib.contextmanager
    def check(self, name):
        self.recorder.take()
        try:
            yield
            self.passed += 1
        except (Problem, OSError, ValueError, subprocess.TimeoutExpired) as problem:
            self.failed += 1
            print(f"{name}: {problem}")

    def sent(self, ran, base_url, key):
        """The program has its answer, and nothing else was sent than what asks for it."""
        requests, names = self.recorder.take()
        if ran.returncode != 0 or "4711" not in ran.stdout:
            said = (ran.stdout + ran.stderr).strip()
            raise Problem(f"status {ran.returncode}: {said}; it asked {requests} and for {names}")
        expect("the names asked for", names, [])
        expect("the requests", {(request.method, request.url, request.keys)
                                for request in requests},
               {("POST", base_url + "/api/v2/sql", (key,))})
        for request in requests:
            for word in (OTHER_KEY, "jane"):
                expect(f"{word} in a request", word.encode() in request.raw, False)

    def nothing_sent(self, ran, status):
        expect(f"the status ({ran.stderr.strip()})", ran.returncode, status)
        expect("what was sent", self.recorder.take(), ([], []))


def expect(what, found, wanted):
    if found != wanted:
        raise Problem(f"{what}: {found!r}, not {wanted!r}")


def permission(base_url):
    return " --allow-non-secure" if base_url.startswith("http://maps") else ""


def with_a_key(checks, user, base_url):
    user.do(f"carto login {base_url} --key-stdin{permission(base_url)}", KEY)
    user.do(f"carto profile add js --base-url {base_url}{permission(base_url)}")
    for name, line in PROGRAMS.items():
        with checks.check(f"{base_url}: {name}"):
            checks.sent(user.run(f"carto {line}"), base_url, KEY)
        # The account comes from the command line; all of the environment is jane's.
        with checks.check(f"{base_url}: {name} in another account's environment"):
            checks.sent(user.run(f"carto --profile js {line}", LEFTOVER), base_url, KEY)
    with checks.check(f"{base_url}: CARTOframes from its own place"):
        user.do("carto credentials export --default")
        checks.sent(user.run("python default.py", LEFTOVER), base_url, KEY)


def without_a_key(checks, user, base_url):
    user.do(f"carto profile add js --base-url {base_url}{permission(base_url)}")
    user.do("carto profile use js")
    for name, line in PROGRAMS.items():
        with checks.check(f"{base_url}: {name} without a key"):
            checks.sent(user.run(f"carto {line}"), base_url, "default_public")
    with checks.check(f"{base_url}: CARTOframes from its own place, without a key"):
        user.do("carto credentials export --default")
        checks.sent(user.run("python default.py"), base_url, "default_public")
    # jane's key was offered, and fits no other account.
    with checks.check(f"{base_url}: another account's key is not sent, nor the public one"):
        for line in PROGRAMS.values():
            checks.nothing_sent(user.run(f"carto --profile js {line}", LEFTOVER), 4)


def promised(checks):
    """The commands in the guide are those that are run here."""
    for name in {"carto_sql", "ogrinfo"} & PROGRAMS.keys():
        with checks.check(f"{name} in the guide"):
            expect("in the guide", f"\ncarto {PROGRAMS[name]}\n" in GUIDE, True)


def control(checks, user, inside):
    """What watches the programs sees a request that goes elsewhere."""
    with checks.check("a request elsewhere is seen"):
        user.run("python -c \"import requests; requests.get('https://elsewhere.example/')\"")
        requests, names = checks.recorder.take()
        if inside:
            expect("the names asked for", set(names), {"elsewhere.example"})
        else:
            expect("the requests", [request.method for request in requests], ["CONNECT"])
    if inside:
        # So the programs do look whom they talk to.
        with checks.check("a server without a certificate gets nothing"):
            ran = user.run("carto exec -- python frames.py",
                           {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""})
            expect("success", ran.returncode == 0, False)
            expect("the requests", checks.recorder.take()[0], [])


# ---- the network

def own_network():
    """Gives the command that starts a program in a network of its own, or None."""
    for command in (["unshare", "-rnm"], ["sudo", "-n", "unshare", "-nm"]):
        if shutil.which(command[0]) and subprocess.run(
                [*command, "true"], stdin=subprocess.DEVNULL, capture_output=True,
                check=False).returncode == 0:
            return command
    return None


def raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags, = struct.unpack_from("h", fcntl.ioctl(any_socket, 0x8913, request), 16)
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", flags | 1))


def replace_system_files(scratch):
    """Sends every question for a name to this script; seen in this network's processes only."""
    for place, text in {
        # GDAL looks for the computer's own name.
        "/etc/hosts": " ".join(["127.0.0.1 localhost", socket.gethostname(), *HOSTS]) + "\n",
        "/etc/resolv.conf": "nameserver 127.0.0.1\n",
        "/etc/nsswitch.conf": "hosts: files dns\n",
    }.items():
        if os.path.exists(place):
            own = scratch / Path(place).name
            own.write_text(text)
            subprocess.run(["mount", "--bind", own, os.path.realpath(place)], check=True)


def certificate(scratch):
    key, certificate = scratch / "key.pem", scratch / "certificate.pem"
    names = ",".join(f"DNS:{host}" for host in HOSTS)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-keyout", key, "-out", certificate, "-subj", "/CN=throw-away",
                    "-addext", f"subjectAltName={names}"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


def main(carto, place, inside):
    with tempfile.TemporaryDirectory(prefix="carto-clients-") as scratch:
        scratch = Path(scratch).resolve()
        recorder = Recorder()
        if inside:
            raise_loopback()
            replace_system_files(scratch)
            recorder.serve_names()
            trusted, context = certificate(scratch)
            recorder.serve("https", 443, context)
            network = dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"),
                                    str(trusted))
            port = recorder.serve("http", 0)
            base_urls = ["https://johnsmith.carto.com", "https://maps.example.com/user/johnsmith",
                         f"http://maps.example.com:{port}/user/johnsmith"]
        else:
            port = recorder.serve("http", 0)
            network = {"no_proxy": "127.0.0.1", **dict.fromkeys(
                ("http_proxy", "https_proxy", "all_proxy"), f"http://127.0.0.1:{port}")}
            base_urls = []
        base_urls.append(f"http://127.0.0.1:{port}/user/johnsmith")
        checks = Checks(recorder)
        promised(checks)
        for number, base_url in enumerate(base_urls):
            user = User(carto, place, scratch, f"with-{number}", network)
            with_a_key(checks, user, base_url)
            without_a_key(checks, User(carto, place, scratch, f"without-{number}", network),
                          base_url)
            if number == 0:
                control(checks, user, inside)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed or not checks.passed else 0


if __name__ == "__main__":
    inside = sys.argv[1:2] == ["--inside"]
    if len(sys.argv) != 3 + inside:
        sys.exit(__doc__)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    carto, place = (Path(argument).resolve() for argument in sys.argv[-2:])
    command = None if inside else own_network()
    if command:
        os.execvp(command[0], [*command, sys.executable, __file__, "--inside", carto, place])
    if not shutil.which("ogrinfo") and os.environ.get("CI") != "true":
        print("NOT CHECKED: ogrinfo: there is no GDAL on this machine")
        del PROGRAMS["ogrinfo"]
    if not inside:
        print("NOT CHECKED: names, TLS and CARTO's cloud: this system permits no network of one's own")
    sys.exit(main(str(carto), place, inside))
