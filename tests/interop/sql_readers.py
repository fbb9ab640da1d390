"""Compares what `carto sql` reads with what released programs read from the same server, and looks for
the key where it must not be.

    python3 tests/interop/sql_readers.py CARTO BIN READERS NODE_MODULES

BIN holds carto-sql, READERS carto2gpd with what it needs, NODE_MODULES CARTO's client of the current
platform; the python has CARTO's library and psycopg2. The server is the front of `sql_server.py`.
"""

import base64
import fcntl
import http.server
import json
import os
import pathlib
import pty
import resource
import select
import socket
import struct
import subprocess
import sys
import termios
import threading

import certificate
from checks import check, ended, found
from sql_server import Machine, front, started

KEY = "ann-key-1"
BASIC = base64.b64encode(f"ann:{KEY}".encode()).decode()
QUERY = "SELECT id, name, height, people, is_open, day, the_geom FROM places ORDER BY id"

LIBRARY = """
import json, os, sys
from carto.auth import APIKeyAuthClient
from carto.sql import SQLClient
client = APIKeyAuthClient(os.environ["CARTO_API_URL"], os.environ["CARTO_API_KEY"])
print(json.dumps(SQLClient(client).send(sys.argv[1])["rows"]))
"""

FRAMES = """
import json, os, sys
import carto2gpd
frame = carto2gpd.get(sys.argv[1] + "/api/v2/sql", "places")
frame = frame.sort_values("id")
print(json.dumps([[None if value != value else value for value in row[:-1]] + [row[-1].wkt]
    for row in frame[["id", "name", "height", "people", "is_open", "day", "geometry"]]
        .astype(object).itertuples(index=False)]))
"""

CLIENT = """
import { query } from '@carto/api-client';
const [apiBaseUrl, sqlQuery] = process.argv.slice(2);
await query({ accessToken: 'ann-key-1', connectionName: 'carto_dw', apiBaseUrl, sqlQuery,
    clientId: 'carto-sql', queryParameters: { a: 'x', n: 1 } });
"""


def lines(ran):
    return [json.loads(line) for line in ran.stdout.splitlines()]


def carto_python(machine, python):
    (machine.root / "library.py").write_text(LIBRARY)
    ran = machine.run_carto("exec", "--as", "carto-python", "--", python, "library.py", QUERY)
    ours = lines(machine.sql("--format", "ndjson", QUERY))
    theirs = json.loads(ran.stdout or "null")
    check("CARTO's Python library reads the same", theirs == ours and len(ours) == 3,
          (theirs, ours, ran.stderr))


def gdal(machine):
    if not found("ogr2ogr"):
        return
    sql = "SELECT id, name, height, is_open, the_geom FROM places ORDER BY id"
    ran = machine.run_carto("exec", "--as", "gdal", "--", "ogr2ogr", "-f", "GeoJSONSeq",
                             "theirs.json", "Carto:ann", "places", "-select",
                             "id,name,height,is_open")
    check("GDAL's driver runs", ran.returncode == 0, ran)
    written = machine.root / "theirs.json"
    theirs = written.read_text().splitlines() if written.exists() else []
    theirs = [json.loads(line.strip("\x1e")) for line in theirs]
    machine.sql("--format", "geojson", "-o", "ours.json", sql)
    ours = json.loads((machine.root / "ours.json").read_text())["features"]

    def values(features):
        return [(feature["properties"], (feature["geometry"] or {}).get("coordinates")) for feature in features]

    check("GDAL's driver reads the same", values(theirs) == values(ours), (theirs, ours))


def certificates(machine, python, authority):
    """A server whose authority is the account's own: each program reaches it, and none without."""
    (machine.root / "library.py").write_text(LIBRARY)
    ways = [("carto sql", ["sql", "SELECT 1 AS one"]),
            ("CARTO's Python library",
             ["exec", "--as", "carto-python", "--", python, "library.py", "SELECT 1 AS one"])]
    if found("ogrinfo"):
        ways.append(("GDAL's driver", ["exec", "--as", "gdal", "--", "ogrinfo", "Carto:ann", "places"]))
    settings = machine.root / "home/.config/carto/config.toml"
    without = settings.read_text()
    for what, words in ways:
        ran = machine.run_carto(*words)
        check(f"{what} without ca_file", ran.returncode != 0, ran)
    settings.write_text(f'{without}ca_file = "{authority}"\n')
    for what, words in ways:
        ran = machine.run_carto(*words)
        check(f"{what} with ca_file", ran.returncode == 0 and ran.stdout, ran)
    settings.write_text(without)


def carto2gpd(machine, python, readers, port):
    (machine.root / "frames.py").write_text(FRAMES)
    ran = subprocess.run([python, "-W", "ignore", "frames.py", f"http://127.0.0.1:{port}/user/ann"],
                         cwd=machine.root, env=machine.environment | {"PYTHONPATH": readers},
                         capture_output=True, text=True)
    ours = lines(machine.sql("--format", "ndjson", "--geometry", "wkt", QUERY))
    ours = [list(row.values()) for row in ours]
    theirs = json.loads(ran.stdout) if ran.returncode == 0 else ran
    for row in ours + (theirs if isinstance(theirs, list) else []):
        row[-1] = row[-1].replace(" (", "(")
    check("carto2gpd reads the same", theirs == ours, (theirs, ours))


class Recorder:
    """A server that keeps what it is asked, and gives one answer to all."""

    def __init__(self, status=200, headers=(), body=b'{"rows":[{"a":1}],"schema":[]}'):
        self.requests = []
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                length = int(self.headers.get("Content-Length") or 0)
                recorder.requests.append(
                    (self.command, self.path, dict(self.headers), self.rfile.read(length)))
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


def api_client(machine, modules):
    """Our requests to the current platform are those of CARTO's own client."""
    node = found("node")
    if not node:
        return
    recorder = Recorder()
    script = pathlib.Path(modules) / "query.mjs"
    script.write_text(CLIENT)
    machine.store_key(recorder.url, "")
    # In a URL the client writes a space as `+`, and we as `%20`: that is one value.
    for sql, more in [("SELECT 1 AS a", ["--cache"]), ("SELECT '" + "x" * 9000 + "'", [])]:
        subprocess.run([node, script, recorder.url, sql], check=True, capture_output=True)
        ran = machine.run_carto(
            "-c", f"base_url={recorder.url}", "sql", "--api", "v3", "--connection", "carto_dw",
            "--param", "a=x", "--param-json", "n=1", *more, sql)
        check("the current platform: it runs", ran.returncode == 0, ran)
        theirs, ours = recorder.requests[-2:]
        same = [(method, path.replace("+", "%20"), body and json.loads(body),
                 {name.lower(): value for name, value in headers.items()
                  if name.lower() in ("accept", "content-type", "authorization")})
                for method, path, headers, body in (theirs, ours)]
        check("the current platform: our request is that of CARTO's client", same[0] == same[1], same)
        check("the current platform: a short one is a GET, a long one a POST",
              ours[0] == ("GET" if more else "POST"), ours)


def redirects(machine):
    target = Recorder()
    for status in (301, 302, 303, 307, 308):
        source = Recorder(status, [("Location", target.url + "/elsewhere")], b"")
        machine.store_key(source.url)
        for words in (["SELECT 1"], ["copy-to", "t"], ["DELETE FROM t"], ["job", "SELECT 1"]):
            ran = machine.run_carto("-c", f"base_url={source.url}", "-c", "username=ann", "sql", *words)
            check(f"a redirect ({status}) is an error that names both", ran.returncode == 6
                  and source.url in ran.stderr and target.url in ran.stderr, ran)
            check("the key is in no error", KEY not in ran.stderr and BASIC not in ran.stderr)
        check(f"redirect {status}: its source was asked with the key",
              all(headers.get("authorization") == f"Basic {BASIC}"
                  for _, _, headers, _ in source.requests), source.requests)
    check("the target of a redirect is not asked", target.requests == [], target.requests)


class Proxy:
    """A proxy that keeps every byte it is sent before the encrypted ones, and refuses to connect."""

    def __init__(self):
        self.seen = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            head = b""
            while b"\r\n\r\n" not in head and (piece := client.recv(65536)):
                head += piece
            self.seen.append(head)
            client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            client.close()


def proxies(machine):
    proxy = Proxy()
    url = "https://maps.example.com/user/ann"
    machine.store_key(url)
    ran = machine.run_carto("-c", f"base_url={url}", "sql", "--check", HTTPS_PROXY=proxy.url)
    check("a proxy that refuses is named", ran.returncode == 6 and "proxy" in ran.stderr, ran)
    log = b"".join(proxy.seen)
    check("a proxy is asked for the host", b"CONNECT maps.example.com:443" in log, log)
    check("a proxy sees no key",
          KEY.encode() not in log and BASIC.encode() not in log and b"uthorization" not in log, log)
    ran = machine.run_carto("sql", "--check", HTTPS_PROXY=proxy.url, HTTP_PROXY=proxy.url,
                             NO_PROXY="127.0.0.1")
    check("NO_PROXY goes without it", ran.returncode == 0, ran)


def terminal(machine, words, rows=24, columns=60, **more):
    """Runs carto at a terminal; returns what stands on it, and the arguments of its processes."""
    pid, end = pty.fork()
    if pid == 0:
        os.chdir(machine.root)
        os.execve(machine.carto, [machine.carto, *words],
                  machine.environment | {"TERM": "xterm"} | more)
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    shown = b""
    while True:
        ready, _, _ = select.select([end], [], [], 30)
        if not ready:
            break
        try:
            piece = os.read(end, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(end)
    _, status = os.waitpid(pid, 0)
    return shown.decode().replace("\r\n", "\n"), os.waitstatus_to_exitcode(status)


def at_a_terminal(machine):
    many = "SELECT g AS n, repeat('x', 200) AS long FROM generate_series(1, 100) AS g"
    shown, code = terminal(machine, ["sql", many], PAGER="env >environment; sed 's/^/paged /'")
    check("a table goes through the pager", code == 0 and shown.startswith("paged   n  long"), shown)
    check("a table is cut to the terminal",
          max(len(line) - len("paged ") for line in shown.splitlines()) == 60, shown)
    environment = (machine.root / "environment").read_text()
    check("the pager gets no key", KEY not in environment and "PAGER=" in environment, environment)
    shown, _ = terminal(machine, ["sql", "--no-pager", many], PAGER="sed 's/^/paged /'")
    check("--no-pager", "paged" not in shown and "(100 rows, " in shown, shown)
    shown, code = terminal(machine, ["sql", many], PAGER="head -n 1")
    check("a pager that is left ends the command in silence",
          len(shown.splitlines()) == 1 and code in (0, 141), (shown, code))
    shown, code = terminal(machine, ["sql", "-o", "many.csv", many])
    check("a file: bytes, rows and rate are told",
          code == 0 and "many.csv: 20.3 kB, 100 rows, " in shown and "/s\n" in shown, shown)
    shown, code = terminal(machine, ["sql", "copy-to", "places", "-o", "places.csv"])
    check("a copy: its rows are told", "places.csv: 244 B, 3 rows, " in shown or ", 3 rows, " in shown, shown)
    shown, code = terminal(machine, ["sql", "SELEC 1"])
    check("an error at a terminal", code == 1 and "1 | SELEC 1\n  | ^^^^^\n" in shown, shown)


def full_disk(machine):
    """A file that cannot be written whole is none, and what came is said."""
    limited = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
    sql = "SELECT repeat('x', 1000) AS v FROM generate_series(1, 2000)"
    for words in (["sql", "--format", "csv", "-o", "big.csv", sql],
                  ["sql", "copy-to", f"({sql})", "-o", "big.csv"]):
        # Python ignores the signal of a file that is too large, and what it starts does so, too.
        ran = subprocess.run([machine.carto, *words], env=machine.environment, cwd=machine.root,
                             capture_output=True, text=True, stdin=subprocess.DEVNULL,
                             preexec_fn=limited, restore_signals=False)
        check("a full disk", ran.returncode == 5 and "error: cannot write the result: " in ran.stderr
              and "note: no file was written; " in ran.stderr, ran)
        left = [path.name for path in machine.root.iterdir() if "big" in path.name
                or path.name.startswith(".carto-sql-")]
        check("a full disk: no file", left == [], left)


GUIDE = pathlib.Path(__file__).parents[2] / "src/cli/guides/sql.md"


def guide(carto, bin, root, port):
    """A stranger with the guide alone: each of its commands, in order, in an empty home."""
    text = GUIDE.read_text()
    block = text.split("```sh\n")[2].split("```")[0]
    commands, command = [], ""
    for line in block.splitlines():
        command += line + "\n"
        if line.startswith("#") or not line.strip():
            command = ""
        elif command.count("'") % 2 == 0:
            commands.append(command)
            command = ""
    check("the guide's commands", len(commands) == 13, commands)
    root.mkdir()
    (root / "key.txt").write_text(KEY + "\n")
    (root / "query.sql").write_text("SELECT name, population FROM cities ORDER BY 2;\n")
    (root / "more.csv").write_text("population,name\n14094034,Tokyo\n")
    environment = {"HOME": str(root), "PATH": f"{bin}:/usr/bin:/bin", "LC_ALL": "C.UTF-8",
                   "CARTO_SYSTEM_CONFIG_DIR": str(root / "none"),
                   "CARTO_CEILING_DIRECTORIES": str(root.parent)}
    said = {}
    for command in commands:
        typed = command.replace("https://johnsmith.carto.com", f"http://127.0.0.1:{port}/user/ann")
        ran = subprocess.run(["sh", "-ec", typed], cwd=root, env=environment, capture_output=True,
                             text=True, stdin=subprocess.DEVNULL, timeout=60)
        check(f"the guide: {command}", ran.returncode == 0, ran)
        check("the guide: no key is shown", KEY not in ran.stdout + ran.stderr)
        said[command.split("#")[0].strip()] = ran.stdout + ran.stderr
    check("the guide: --check", "the key works, as the user carto" in said["carto sql --check"], said)
    features = json.loads((root / "cities.geojson").read_text())["features"]
    check("the guide: a file for a map", [2, "Madrid"] == [
        len(features[0]["geometry"]["coordinates"]), features[0]["properties"]["name"]], features)
    check("the guide: a file of rows", (root / "result.csv").read_text()
          == "name,population\nParis,2165423\nMadrid,3223334\n\"\",\n")
    check("the guide: rows that were copied", any("cities: 1 row copied" in text
          for text in said.values()), said)


def nowhere(machine):
    """The key stands in no argument and in no file, and `-v` does not show it."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    machine.store_key(url)
    child = subprocess.Popen(
        [machine.carto, "-c", f"base_url={url}", "-c", "username=ann", "-v", "sql", "SELECT 1"],
        env=machine.environment, cwd=machine.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    client, _ = listener.accept()
    request = b""
    while b"\r\n\r\n" not in request:
        request += client.recv(65536)
    arguments = pathlib.Path(f"/proc/{child.pid}/cmdline").read_bytes()
    check("the plugin's arguments", b"carto-sql" in arguments and b"SELECT 1" in arguments, arguments)
    check("the key is in no argument", KEY.encode() not in arguments and BASIC.encode() not in arguments)
    head, *others = request.split(b"\r\n")
    check("the key is in one header", BASIC.encode() not in head and KEY.encode() not in request
          and sum(BASIC.encode() in line for line in others) == 1, request)
    client.close()
    listener.close()
    out, err = child.communicate(timeout=60)
    check("-v shows no key", KEY.encode() not in out + err and BASIC.encode() not in out + err, err)
    for path in machine.root.rglob("*"):
        if path.is_file() and path.name != "credentials.toml":
            bytes = path.read_bytes()
            check(f"no key in {path.name}", path.suffix == ".mjs" or KEY.encode() not in bytes
                  and BASIC.encode() not in bytes)


class Reader(Machine):
    def store_key(self, url, username='username = "ann"\n'):
        """Keeps the key for another account, too."""
        keys = self.root / "home/.config/carto/credentials.toml"
        text = keys.read_text()
        if f'"{url}"' not in text:
            keys.write_text(f'{text}[[credential]]\nbase_url = "{url}"\n{username}'
                            f'apikey = "{KEY}"\n')


def main():
    carto = str(pathlib.Path(sys.argv[1]).resolve())
    bin, readers, modules = (str(pathlib.Path(word).resolve()) for word in sys.argv[2:5])
    with started() as (root, postgres):
        server = front(postgres)
        (root / "machine").mkdir()
        port = server.server_address[1]
        machine = Reader(carto, bin, root / "machine", port)
        carto_python(machine, sys.executable)
        gdal(machine)
        carto2gpd(machine, sys.executable, readers, port)
        api_client(machine, modules)
        redirects(machine)
        proxies(machine)
        at_a_terminal(machine)
        full_disk(machine)
        nowhere(machine)
        guide(carto, bin, root / "stranger", port)
        server.shutdown()
        authority, context = certificate.made(root / "tls")
        server = front(postgres, context)
        (root / "own").mkdir()
        own = Reader(carto, bin, root / "own", server.server_address[1], "https")
        certificates(own, sys.executable, authority)
        server.shutdown()
    return ended()


if __name__ == "__main__":
    sys.exit(main())
