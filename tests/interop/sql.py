"""Compares what `carto sql` prints with what psql prints, value by value.

    python3 tests/interop/sql.py CARTO BIN PYTHON

BIN holds carto-sql, PYTHON has psycopg2. A PostgreSQL with PostGIS is started below a scratch
directory, on a socket there alone; a small front on 127.0.0.1 answers as CARTO's SQL API does, with its
faults: numbers go through doubles, and a name stands once in `fields`. Both are stopped at the end.
Ends with the counts.
"""

import csv
import http.server
import io
import json
import os
import pathlib
import pwd
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.parse

from checks import check, ended

# Values of every type that people have, each a column of its own.
VALUES = [
    "1::int2", "(-2147483648)::int4", "9007199254740993::int8", "9223372036854775807::int8",
    "0.1::numeric", "123456789012345678901234567890.123456789::numeric", "'NaN'::numeric",
    "1.0::numeric(10,3)", "0.1::float4", "0.1::float8", "1e300::float8", "'NaN'::float8",
    "'Infinity'::float8", "'-Infinity'::float8", "'-0'::float8", "4294967295::oid",
    "true", "false", "NULL::text", "NULL::int4", "''::text", "' lead'::text", "'a,b'::text",
    "'say \"x\"'::text", "E'two\\nlines'::text", "E'tab\\tcr\\r'::text", "'é 編 🌍'::text",
    "'\\.'::text", "'NULL'::text", "'a'::varchar(5)", "'a'::char(5)", "'x'::\"char\"", "'n'::name",
    "'2024-01-01'::date", "'infinity'::date", "'2024-02-29 12:34:56.789'::timestamp",
    "'2024-02-29 12:34:56.789+05:30'::timestamptz", "'12:34:56'::time", "'12:34:56+02'::timetz",
    "'1 year 2 months 3 days 04:05:06'::interval", "'\\xdeadbeef'::bytea", "''::bytea",
    "'{\"b\": 1, \"a\": [1, 2.50, 12345678901234567890]}'::json", "'{\"b\": 1, \"a\": 2}'::jsonb",
    "'null'::jsonb", "'\"text\"'::json", "ARRAY[1,2,NULL]::int4[]", "ARRAY['a b','c\"d',NULL]::text[]",
    "'{}'::int4[]", "ARRAY[[1,2],[3,4]]", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
    "'192.168.0.1/24'::inet", "'08:00:2b:01:02:03'::macaddr", "B'101'", "'[1,5)'::int4range",
    "'12.34'::money", "ROW(1,'x',NULL)", "ROW(NULL,NULL)", "'a & b'::tsquery", "'<a/>'::xml",
    "'(1,2)'::point", "ST_SetSRID(ST_MakePoint(1.5,-2),4326)", "ST_GeogFromText('POINT(1 2)')",
    "ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))',3857)",
]

QUERIES = [
    "SELECT 1 AS a, 'x' AS a, 2.50 AS a",
    "SELECT 1 AS a, 2 AS b WHERE false",
    "SELECT g AS n, g::text AS s FROM generate_series(1, 2500) AS g ORDER BY g DESC",
    "VALUES (1, 'a'), (2, 'b')",
    "TABLE cities",
    "SELECT name FROM cities ORDER BY population DESC LIMIT 2 -- the largest",
    "SELECT count(*) FROM cities /* all */",
    "SELECT \"Odd Name\", \"select\" FROM odd",
    "SELECT * FROM cities, odd ORDER BY 1",
    "SELECT ';' AS semi, $$it's$$ AS dollar",
    "WITH w AS (SELECT 9007199254740993::int8 AS n, 'update' AS s) SELECT * FROM w",
    "SELECT 1 AS a UNION ALL SELECT 2 ORDER BY a DESC",
    "(SELECT 9007199254740993 AS a)",
]

SETUP = """
CREATE EXTENSION postgis;
CREATE TABLE cities (name text, population int8, the_geom geometry);
INSERT INTO cities VALUES ('Madrid', 3223334, ST_SetSRID(ST_MakePoint(-3.7, 40.4), 4326)),
    ('Paris', 2165423, NULL), ('', NULL, NULL);
CREATE TABLE odd ("Odd Name" text, "select" int);
INSERT INTO odd VALUES ('a "b", c', 1);
"""


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


def front(postgres):
    """Answers at /user/ann/api/v2/sql, with the faults that the real server has."""
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

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked = urllib.parse.urlsplit(self.path)
            if asked.path.endswith("/copyto"):
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
            self.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def answer(self, form):
            sql = urllib.parse.parse_qs(form, keep_blank_values=True)["q"][0]
            with lock, connection.cursor() as cursor:
                try:
                    cursor.execute(sql)
                    rows, fields, names = [], {}, []
                    if cursor.description:
                        names = [(column.name, types.get(column.type_code, "text"))
                                 for column in cursor.description]
                        rows = [{name: value(text, kind) for (name, kind), text in zip(names, row)}
                                for row in cursor.fetchall()]
                        fields = {name: {"type": "number" if kind in numbers else "string",
                                         "pgtype": kind} for name, kind in names}
                    body = {"rows": rows, "time": 0.001, "fields": fields,
                            "total_rows": cursor.rowcount}
                    status = 200
                except psycopg2.Error as error:
                    body = {"error": [error.diag.message_primary]}
                    for name in ("hint", "detail"):
                        more = getattr(error.diag, f"message_{name}")
                        if more:
                            body[name] = more
                    status = 400
            data = json.dumps(body, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Machine:
    def __init__(self, carto, bin, root, port):
        self.root = root
        settings = root / "home/.config/carto"
        settings.mkdir(parents=True)
        (settings / "config.toml").write_text(f'base_url = "http://127.0.0.1:{port}/user/ann"\n')
        keys = settings / "credentials.toml"
        keys.write_text(f'[[credential]]\nbase_url = "http://127.0.0.1:{port}/user/ann"\n'
                        'apikey = "ann-key-1"\n')
        keys.chmod(0o600)
        self.carto = carto
        self.environment = {
            "HOME": str(root / "home"), "PATH": f"{bin}:/usr/bin:/bin", "LC_ALL": "C.UTF-8",
            "CARTO_SYSTEM_CONFIG_DIR": str(root), "CARTO_CEILING_DIRECTORIES": str(root),
        }

    def sql(self, *words):
        ran = subprocess.run([self.carto, "sql", *words], env=self.environment, cwd=self.root,
                             capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        ran.stdout, ran.stderr = ran.stdout.decode(), ran.stderr.decode()
        return ran


def records(text):
    return list(csv.reader(io.StringIO(text, newline="")))


def null_apart(machine, postgres, query, what):
    """CSV as COPY writes it, byte for byte: it tells NULL from an empty text."""
    wanted = postgres.psql(f"COPY ({query}\n) TO STDOUT WITH (FORMAT csv, HEADER)")
    ran = machine.sql("--format", "csv", query)
    check(f"{what}: csv", ran.stdout == wanted and ran.returncode == 0,
          (ran.stdout, wanted, ran.stderr))
    return records(wanted)


def same_in_json(machine, query, rows, what):
    """JSON and its lines hold the same texts and numbers."""
    ran = machine.sql("--format", "ndjson", query)
    # Numbers as they are written.
    load = {"parse_int": str, "parse_float": str, "object_pairs_hook": list}
    lines = [json.loads(line, **load) for line in ran.stdout.splitlines()]
    array = json.loads(machine.sql("--format", "json", query).stdout, **load)
    check(f"{what}: json and ndjson", lines == array, (lines[:3], array[:3]))
    for row, line in zip(rows[1:], lines):
        names = [name for name, _ in line]
        check(f"{what}: names", names == rows[0], (names, rows[0]))
        for text, (name, value) in zip(row, line):
            if value is None:
                # `null` is a value of JSON, too.
                check(f"{what}: {name} null", text in ("", "null"), text)
            elif isinstance(value, bool):
                check(f"{what}: {name}", text == ("t" if value else "f"), (text, value))
            elif isinstance(value, list):
                got = json.loads(text, **load)
                check(f"{what}: {name}", got == value, (text, value))
            else:
                check(f"{what}: {name}", value in (text, json_text(text)), (text, value))
    check(f"{what}: rows", len(lines) == len(rows) - 1, (len(lines), len(rows)))


def json_text(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def table(machine, query, rows, what):
    ran = machine.sql("--format", "table", "--null", "", query)
    lines = ran.stdout.splitlines()
    check(f"{what}: table", lines[-1].startswith(f"({len(rows) - 1} row"), lines[-1:])
    for row, line in zip(rows[1:], lines[2:]):
        short = [text for text in row if len(text) < 12 and text.isprintable()]
        check(f"{what}: a line of the table", all(text.strip() in line for text in short),
              (row, line))


def verbs(machine, postgres):
    ran = machine.sql("--format", "csv", "tables")
    rows = records(ran.stdout)
    check("tables", [row[:3] for row in rows[1:]] == [["public", "cities", "table"],
                                                      ["public", "odd", "table"]], ran)
    ran = machine.sql("describe", "odd", "--format", "ndjson")
    check("describe", [json.loads(line) for line in ran.stdout.splitlines()] == [
        {"name": "Odd Name", "type": "text", "may_be_null": True, "value_if_left_out": None},
        {"name": "select", "type": "integer", "may_be_null": True, "value_if_left_out": None}], ran)
    ran = machine.sql("describe", "nope")
    check("describe: no such table", ran.returncode == 1 and 'relation "nope"' in ran.stderr, ran)
    ran = machine.sql("describe", "odd'; DROP TABLE odd; --")
    check("describe: a name is a literal", ran.returncode == 1, ran)
    for source in ("cities", "(SELECT g, NULL AS n, '' AS e FROM generate_series(1, 20000) AS g)"):
        ran = machine.sql("copy-to", source, "-o", "out.csv")
        wanted = postgres.psql(f"COPY {source} TO STDOUT WITH (FORMAT csv, HEADER)")
        written = (machine.root / "out.csv").read_bytes().decode()
        check(f"copy-to {source}", ran.returncode == 0 and written == wanted, ran)
    ran = machine.sql("copy-to", "(SELECT 1/(g - 9000) FROM generate_series(1, 20000) AS g)", "-o",
                      "none.csv")
    check("copy-to: a late error", ran.returncode == 1 and "division by zero" in ran.stderr
          and not (machine.root / "none.csv").exists(), ran)


def certificates(machine):
    """A server whose authority nobody knows is refused, and taken where its file is named."""
    made = machine.root / "tls"
    made.mkdir()

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=made, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-days", "2", "-subj", "/CN=Acme Root", "-addext", "basicConstraints=critical,CA:TRUE")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "asked.pem",
            "-subj", "/CN=maps")
    (made / "names").write_text("subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    openssl("x509", "-req", "-in", "asked.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2",
            "-CAcreateserial", "-extfile", "names", "-out", "cert.pem")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            data = b'{"rows":[{"carto_user":"ann_user"}],"total_rows":1}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    class Quiet(http.server.ThreadingHTTPServer):
        def handle_error(self, *_):
            # A client that does not accept the certificate hangs up.
            pass

    server = Quiet(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made / "cert.pem", made / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"https://127.0.0.1:{server.server_address[1]}/user/ann"
    words = ["-c", f"base_url={url}", "sql", "--retries", "0", "--check"]
    for more, code, says in [
        ({}, 6, "its certificate is not accepted (UnknownIssuer)\nnote: it was issued by CN=Acme Root\n"),
        ({"CARTO_CA_FILE": str(made / "ca.pem")}, 0, f"ann at {url}: "),
        ({"SSL_CERT_FILE": str(made / "ca.pem")}, 0, f"ann at {url}: "),
    ]:
        ran = subprocess.run([machine.carto, *words], env=machine.environment | more,
                             cwd=machine.root, capture_output=True, text=True, timeout=60)
        check(f"certificates: {list(more)}", ran.returncode == code
              and says in ran.stdout + ran.stderr, ran)
    server.shutdown()


def shapes(machine, postgres):
    """Shapes in each form are those that PostGIS makes, and GeoJSON is what GDAL reads."""
    for form, made in (("wkt", "ST_AsText(the_geom)"), ("wkb", "the_geom::text"),
                       ("geojson", "ST_AsGeoJSON(the_geom)")):
        ran = machine.sql("--format", "csv", "--geometry", form,
                          "SELECT the_geom FROM cities ORDER BY population")
        wanted = postgres.psql(f"COPY (SELECT {made} AS the_geom FROM cities ORDER BY population)"
                               " TO STDOUT WITH (FORMAT csv, HEADER)")
        check(f"--geometry {form}", ran.stdout == wanted, (ran.stdout, wanted))
    query = ("SELECT name, population, the_geom FROM cities UNION ALL SELECT 'far', 1,"
             " ST_Transform(ST_SetSRID(ST_MakePoint(2.35, 48.85), 4326), 3857) ORDER BY name")
    ran = machine.sql("--format", "geojson", "-o", "cities.geojson", query)
    check("geojson: it is written", ran.returncode == 0 and ran.stderr == "", ran)
    features = json.loads((machine.root / "cities.geojson").read_text())["features"]
    check("geojson: features", [f["properties"]["name"] for f in features]
          == ["", "Madrid", "Paris", "far"], features)
    points = [f["geometry"] and [round(x, 6) for x in f["geometry"]["coordinates"]]
              for f in features]
    check("geojson: longitude and latitude", points == [None, [-3.7, 40.4], None, [2.35, 48.85]],
          points)
    ogrinfo = subprocess.run(["ogrinfo", "-ro", "-so", "-al", str(machine.root / "cities.geojson")],
                             capture_output=True, text=True)
    check("geojson: GDAL reads it", "Feature Count: 4" in ogrinfo.stdout
          and "population: Integer" in ogrinfo.stdout, ogrinfo)
    ran = machine.sql("--format", "geojson", "SELECT 1 AS a")
    check("geojson: without a geometry", ran.returncode == 2 and "no column is one" in ran.stderr, ran)
    ran = machine.sql("--check")
    check("--check", ran.returncode == 0 and ran.stdout.startswith("ann at http://127.0.0.1:"), ran)


def main():
    carto = str(pathlib.Path(sys.argv[1]).resolve())
    bin = pathlib.Path(sys.argv[2]).resolve()
    if not pathlib.Path("/usr/lib/postgresql").exists():
        print("there is no PostgreSQL on this machine")
        print("0 passed, 1 failed")
        return 1
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory).resolve()
        root.chmod(0o755)
        (root / "pg").mkdir()
        postgres = Postgres(root / "pg")
        try:
            server = front(postgres)
            (root / "machine").mkdir()
            machine = Machine(carto, bin, root / "machine", server.server_address[1])
            compare(machine, postgres)
            server.shutdown()
        finally:
            postgres.stop()
    return ended()


def compare(machine, postgres):
    for expression in VALUES:
        query = f"SELECT {expression} AS v"
        rows = null_apart(machine, postgres, query, expression)
        same_in_json(machine, query, rows, expression)
        table(machine, query, rows, expression)
    query = "SELECT " + ", ".join(f"{text} AS v{at}" for at, text in enumerate(VALUES))
    rows = null_apart(machine, postgres, query, "all types")
    same_in_json(machine, query, rows, "all types")
    for query in QUERIES:
        rows = null_apart(machine, postgres, query, query)
        same_in_json(machine, query, rows, query)
    for text in ["plain", "it's", "back\\slash", "'; DROP TABLE cities; --", "é 編", "$$", ":x"]:
        ran = machine.sql("--param", f"x={text}", "--format", "json", "SELECT :x AS v")
        check(f"--param {text}", json.loads(ran.stdout or "[]") == [{"v": text}], ran)
    for value in ["-5", "9007199254740993", "0.1000", "true", "null", "[1, 2]", '["a", "b\'c"]']:
        ran = machine.sql("--param-json", f"x={value}", "--format", "csv", "SELECT 1 -:x AS v"
                          if value == "-5" else "SELECT :x AS v")
        check(f"--param-json {value}", ran.returncode == 0, ran)
    errors(machine)
    shapes(machine, postgres)
    verbs(machine, postgres)
    certificates(machine)


def errors(machine):
    for query, says in [
        ("SELEC 1", 'syntax error at or near "SELEC"\n1 | SELEC 1\n  | ^^^^^\n'),
        ("SELECT 1 FROM", "syntax error at end of input\n"),
        ("SELECT 1 FROM nope", 'relation "nope" does not exist\n1 | SELECT 1 FROM nope\n'),
        ("SELECT nope FROM cities", 'column "nope" does not exist\n1 | SELECT nope FROM cities\n'),
        ("SELECT 1/0", "division by zero\n"),
        ("INSERT INTO odd VALUES (1, 'x')", 'invalid input syntax for type integer: "x"'),
    ]:
        ran = machine.sql(query)
        check(f"{query}: its error", ran.returncode == 1 and says in ran.stderr, ran)
    ran = machine.sql("CREATE TABLE made AS SELECT 1 AS a; INSERT INTO made VALUES (2), (3);"
                      " SELECT * FROM made; DROP TABLE made")
    check("statements in order", ran.stdout == "a\n1\n2\n3\n" and ran.returncode == 0, ran)
    ran = machine.sql("WITH w AS (INSERT INTO odd VALUES ('w', 2) RETURNING *) SELECT * FROM w")
    check("a statement that writes is run once", ran.stdout.splitlines()[1:] == ["w,2"], ran)
    ran = machine.sql("SELECT count(*) FROM odd WHERE \"select\" = 2")
    check("a statement that writes was run once", ran.stdout == "count\n1\n", ran)
    ran = machine.sql("INSERT INTO odd VALUES ('big', 3) RETURNING 9007199254740993 AS n")
    check("what may be rounded is said", "may have rounded numbers" in ran.stderr, ran)
    ran = machine.sql("CREATE SEQUENCE s; SELECT nextval('s') AS v; SELECT nextval('s') AS v")
    check("a query is run once", ran.stdout == "v\n1\nv\n2\n", ran)


if __name__ == "__main__":
    sys.exit(main())
