"""A PostgreSQL with PostGIS of its own, and a small front that answers as CARTO's SQL API does.

Both are reached from this machine alone, and stop with the script.
"""

import base64
import contextlib
import gzip
import http.server
import io
import json
import os
import pathlib
import pwd
import subprocess
import tempfile
import threading
import urllib.parse

SETUP = """
CREATE EXTENSION postgis;
-- CARTO's own, by which GDAL's driver lists tables.
CREATE FUNCTION cdb_usertables() RETURNS SETOF text LANGUAGE sql AS
    'SELECT relname::text FROM pg_class WHERE relkind = ''r'' AND relnamespace = ''public''::regnamespace';
CREATE TABLE cities (name text, population int8, the_geom geometry);
INSERT INTO cities VALUES ('Madrid', 3223334, ST_SetSRID(ST_MakePoint(-3.7, 40.4), 4326)),
    ('Paris', 2165423, NULL), ('', NULL, NULL);
CREATE TABLE odd ("Odd Name" text, "select" int);
INSERT INTO odd VALUES ('a "b", c', 1);
CREATE TABLE places (id int4, name text, height float8, people int8, is_open bool, day date,
    the_geom geometry);
INSERT INTO places VALUES
    (1, 'Puerta del Sol', 650.5, 3223334, true, '2024-02-29', ST_SetSRID(ST_MakePoint(-3.7, 40.4), 4326)),
    (2, 'é, "編"', -0.25, 9007199254740991, false, '1999-12-31', ST_SetSRID(ST_MakePoint(2.35, 48.85), 4326)),
    (3, NULL, NULL, NULL, NULL, NULL, ST_SetSRID(ST_MakePoint(0, 0), 4326));
"""


# What the server calls types, beside numbers and texts.
TYPES = {"bool": "boolean", "date": "date", "timestamp": "date", "timestamptz": "date",
         "geometry": "geometry"}


class Postgres:
    """A cluster of its own, reached by a socket in its directory."""

    def __init__(self, root):
        self.root = root
        versions = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        self.bin = versions[-1]
        self.run_as = []
        if os.geteuid() == 0:
            # The server refuses to run as root.
            user = pwd.getpwnam("postgres")
            os.chown(root, user.pw_uid, user.pw_gid)
            self.run_as = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}",
                           "--clear-groups"]
        self.data = root / "data"
        self.tool("initdb", "-D", self.data, "-U", "carto", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync")
        self.tool("pg_ctl", "-D", self.data, "-w", "-l", root / "log", "-o",
                  f"-k {root} -c listen_addresses='' -c fsync=off -c timezone=UTC", "start")
        self.psql(SETUP)

    def tool(self, name, *words):
        subprocess.run([*self.run_as, str(self.bin / name), *map(str, words)], check=True,
                       cwd=self.root, stdout=subprocess.DEVNULL,
                       env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})

    def psql(self, sql, *words):
        ran = subprocess.run([str(self.bin / "psql"), "-X", "-q", "-h", str(self.root), "-U", "carto",
                              "-d", "postgres", "-v", "ON_ERROR_STOP=1", *words, "-c", sql],
                             capture_output=True,
                             env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PGTZ": "UTC"})
        if ran.returncode:
            raise RuntimeError((sql, ran.stderr.decode()))
        # Not as text, which would change line ends.
        return ran.stdout.decode()

    def stop(self):
        self.tool("pg_ctl", "-D", self.data, "-m", "immediate", "stop")


@contextlib.contextmanager
def started():
    """A scratch directory, and a PostgreSQL in it that stops at the end."""
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory).resolve()
        root.chmod(0o755)
        (root / "pg").mkdir()
        postgres = Postgres(root / "pg")
        try:
            yield root, postgres
        finally:
            postgres.stop()


def front(postgres, context=None):
    """Answers at /user/ann/api/v2/sql, with the faults that the real server has; with the context of
    a certificate over TLS."""
    import psycopg2
    from psycopg2.extensions import new_type, register_type
    connection = psycopg2.connect(host=str(postgres.root), user="carto", dbname="postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT oid, typname FROM pg_type")
        types = dict(cursor.fetchall())
    # Every value as PostgreSQL writes it, so that the front decides what becomes of it.
    register_type(new_type(tuple(types), "TEXT", lambda value, _: value), connection)
    numbers = {"int2", "int4", "int8", "float4", "float8", "numeric", "oid"}
    lock = threading.Lock()
    jobs = {}

    def value(text, kind):
        if text is None:
            return None
        if kind in numbers:
            # As JavaScript has it.
            number = float(text)
            if number != number or number in (float("inf"), float("-inf")):
                return text
            return int(number) if number.is_integer() and abs(number) < 1e21 else number
        if kind == "bool":
            return text == "t"
        if kind in ("json", "jsonb"):
            return json.loads(text)
        return text

    def told(error):
        body = {"error": [error.diag.message_primary]}
        for name in ("hint", "detail", "context"):
            if more := getattr(error.diag, "context" if name == "context" else f"message_{name}"):
                body[name] = more
        return body

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            asked = urllib.parse.urlsplit(self.path)
            if asked.path.endswith("/api/v3/api_keys"):
                # As CARTO's library asks whether a key is one of the account's.
                basic = self.headers.get("Authorization", "Basic ").split()[-1]
                is_known = base64.b64decode(basic) == b"ann:ann-key-1"
                self.send(200, {"result": [{"token": "ann-key-1"}] if is_known else []})
            elif "/job/" in asked.path:
                self.send(200, jobs[asked.path.rsplit("/", 1)[1]])
            elif asked.path.endswith("/copyto"):
                self.copy(urllib.parse.parse_qs(asked.query)["q"][0])
            else:
                self.answer(asked.query)

        def copy(self, sql):
            out = io.BytesIO()
            with lock, connection.cursor() as cursor:
                try:
                    cursor.copy_expert(sql, out)
                except psycopg2.Error as error:
                    # Behind what was sent already, with the status of success.
                    out.write(json.dumps({"error": [error.diag.message_primary]}).encode())
            self.send_response(200)
            self.send_header("Content-Length", str(len(out.getvalue())))
            self.end_headers()
            self.wfile.write(out.getvalue())

        def do_POST(self):
            asked = urllib.parse.urlsplit(self.path)
            if asked.path.endswith("/job"):
                self.start(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                return
            if asked.path.endswith("/copyfrom"):
                self.copy_from(urllib.parse.parse_qs(asked.query)["q"][0])
                return
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if self.headers["Content-Type"] == "application/json":
                body = urllib.parse.urlencode(json.loads(body))
            self.answer(body)

        def start(self, asked):
            """Runs a job at once, and tells of it as if it took a while."""
            queries = asked["query"] if isinstance(asked["query"], list) else [asked["query"]]
            name = f"job-{len(jobs)}"
            jobs[name] = {"job_id": name, "status": "done"}
            with lock, connection.cursor() as cursor:
                try:
                    for sql in queries:
                        cursor.execute(sql)
                except psycopg2.Error as error:
                    jobs[name] |= {"status": "failed", "failed_reason": error.diag.message_primary}
            self.send(201, {"job_id": name, "status": "pending"})

        def chunks(self):
            while True:
                size = int(self.rfile.readline(), 16)
                piece = self.rfile.read(size)
                self.rfile.readline()
                if size == 0:
                    return
                yield piece

        def copy_from(self, sql):
            rows = gzip.decompress(b"".join(self.chunks()))
            with lock, connection.cursor() as cursor:
                try:
                    cursor.copy_expert(sql, io.BytesIO(rows))
                    status, body = 200, {"time": 0.1, "total_rows": cursor.rowcount}
                except psycopg2.Error as error:
                    status, body = 400, told(error)
            self.send(status, body)

        def send(self, status, body):
            data = json.dumps(body, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def answer(self, form):
            form = urllib.parse.parse_qs(form, keep_blank_values=True)
            sql = form["q"][0]
            if form.get("format", ["json"])[0].lower() == "geojson":
                self.features(sql)
                return
            with lock, connection.cursor() as cursor:
                try:
                    cursor.execute(sql)
                    rows, fields, names = [], {}, []
                    if cursor.description:
                        names = [(column.name, types.get(column.type_code, "text"))
                                 for column in cursor.description]
                        rows = [{name: value(text, kind) for (name, kind), text in zip(names, row)}
                                for row in cursor.fetchall()]
                        fields = {name: {"type": "number" if kind in numbers else
                                         TYPES.get(kind, "string"), "pgtype": kind}
                                  for name, kind in names}
                    body = {"rows": rows, "time": 0.001, "fields": fields,
                            "total_rows": cursor.rowcount}
                    status = 200
                except psycopg2.Error as error:
                    status, body = 400, told(error)
            self.send(status, body)

        def features(self, sql):
            """As the real server makes them: the shape is GeoJSON, all others are properties."""
            asked = ("SELECT ST_AsGeoJSON(the_geom)::json AS geometry, to_jsonb(q) - 'the_geom'"
                     f" AS properties FROM ({sql}) AS q")
            with lock, connection.cursor() as cursor:
                cursor.execute(asked)
                found = [{"type": "Feature", "geometry": json.loads(shape),
                          "properties": json.loads(others)} for shape, others in cursor.fetchall()]
            self.send(200, {"type": "FeatureCollection", "features": found})

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    # Who has enough, or does not trust the certificate, hangs up.
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Machine:
    def __init__(self, carto, bin, root, port, scheme="http"):
        self.root = root
        settings = root / "home/.config/carto"
        settings.mkdir(parents=True)
        base_url = f'base_url = "{scheme}://127.0.0.1:{port}/user/ann"\n'
        (settings / "config.toml").write_text(base_url)
        keys = settings / "credentials.toml"
        keys.write_text(f'[[credential]]\n{base_url}apikey = "ann-key-1"\n')
        keys.chmod(0o600)
        self.carto = carto
        self.environment = {
            "HOME": str(root / "home"), "PATH": f"{bin}:/usr/bin:/bin", "LC_ALL": "C.UTF-8",
            "CARTO_SYSTEM_CONFIG_DIR": str(root), "CARTO_CEILING_DIRECTORIES": str(root),
        }

    def run_carto(self, *words, **more):
        return self.run_program(self.carto, *words, **more)

    def run_program(self, *words, **more):
        """Runs a program in this machine, with more variables."""
        return subprocess.run(words, env=self.environment | more, cwd=self.root, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=120)

    def sql(self, *words):
        ran = subprocess.run([self.carto, "sql", *words], env=self.environment, cwd=self.root,
                             capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        ran.stdout, ran.stderr = ran.stdout.decode(), ran.stderr.decode()
        return ran
