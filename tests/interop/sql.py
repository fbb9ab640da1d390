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
import pathlib
import socket
import subprocess
import sys
import threading

import certificate
from checks import check, ended
from sql_server import Machine, front, started

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
                                                      ["public", "odd", "table"],
                                                      ["public", "places", "table"]], ran)
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


def copy_from(machine, postgres):
    """What `copy-to` writes, `copy-from` reads, whatever the order of the columns."""
    (machine.root / "rows.csv").write_text("the_geom,name,id\n,\"a \"\"b\"\"\nc\",7\n,,8\n")
    ran = machine.sql("copy-from", "places", "rows.csv")
    check("copy-from", ran.returncode == 0 and ran.stderr == "note: places: 2 rows copied\n", ran)
    written = postgres.psql("COPY (SELECT id, name FROM places WHERE id > 6 ORDER BY 1) TO STDOUT CSV")
    check("copy-from: the rows", written == '7,"a ""b""\nc"\n8,\n', written)
    (machine.root / "bad.csv").write_text("id,name\n9,ok\nx,bad\n")
    ran = machine.sql("copy-from", "places", "bad.csv")
    check("copy-from: a bad row", ran.returncode == 1 and
          'error: invalid input syntax for type integer: "x"\ncontext: COPY places, line 3, column id: "x"'
          in ran.stderr, ran)
    check("copy-from: all rows or none",
          postgres.psql("COPY (SELECT count(*) FROM places WHERE id > 8) TO STDOUT") == "0\n")
    ran = machine.sql("copy-from", "nope", "rows.csv")
    check("copy-from: no such table", ran.returncode == 1 and 'relation "nope"' in ran.stderr, ran)
    postgres.psql("DELETE FROM places WHERE id > 6")
    postgres.psql("CREATE TABLE copied (LIKE cities)")
    machine.sql("copy-to", "cities", "-o", "cities.csv")
    ran = machine.sql("copy-from", "copied", "cities.csv")
    same = postgres.psql("COPY (TABLE copied EXCEPT TABLE cities) TO STDOUT")
    check("copy-from: what copy-to wrote", ran.returncode == 0 and same == "", (ran, same))
    postgres.psql("DROP TABLE copied")


def certificates(machine):
    """A server whose authority nobody knows is refused, and taken where its file is named."""
    authority, context = certificate.made(machine.root / "tls")

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
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"https://127.0.0.1:{server.server_address[1]}/user/ann"
    words = ["-c", f"base_url={url}", "sql", "--retries", "0", "--check"]
    for flags, more, code, says in [
        ([], {}, 6,
         "its certificate is not accepted (UnknownIssuer)\nnote: it was issued by CN=Acme Root\n"),
        (["-c", f"ca_file={authority}"], {}, 0, f"ann at {url}: "),
        ([], {"SSL_CERT_FILE": str(authority)}, 0, f"ann at {url}: "),
        # The file of the environment's account is not the command line's.
        ([], {"CARTO_CA_FILE": str(authority)}, 6, "its certificate is not accepted"),
    ]:
        ran = subprocess.run([machine.carto, *flags, *words], env=machine.environment | more,
                             cwd=machine.root, capture_output=True, text=True, timeout=60)
        check(f"certificates: {flags} {list(more)}", ran.returncode == code
              and says in ran.stdout + ran.stderr, ran)
    server.shutdown()


def copy_over_tls(machine):
    """What a server says in the middle of the rows is shown also where the line is encrypted: TLS
    reads nothing any more once a write has failed."""
    authority, context = certificate.made(machine.root / "tls-copy")
    (machine.root / "many.csv").write_text(
        "id,name\n" + "".join(f"{at},{hash((at, 1)):x}\n" for at in range(400_000)))

    def serve(listener, closes):
        client, _ = listener.accept()
        client = context.wrap_socket(client, server_side=True)
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(65536)
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        read = 0
        while read < 200_000:
            read += len(client.recv(65536))
        body = b'{"error":["invalid input syntax"]}'
        client.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
                       % len(body) + body)
        if not closes:
            ended.wait(30)
        client.close()

    for closes in (True, False):
        ended = threading.Event()
        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=serve, args=(listener, closes), daemon=True).start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/user/ann"
        ran = machine.run_carto("-c", f"base_url={url}", "-c", f"ca_file={authority}", "sql",
                                "copy-from", "t", "many.csv")
        ended.set()
        check(f"copy-from over TLS, {'closed' if closes else 'stopped'}", ran.returncode == 1
              and ran.stderr.startswith("error: invalid input syntax\n"), ran)


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
    with started() as (root, postgres):
        server = front(postgres)
        (root / "machine").mkdir()
        machine = Machine(carto, bin, root / "machine", server.server_address[1])
        compare(machine, postgres)
        server.shutdown()
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
    copy_from(machine, postgres)
    certificates(machine)
    copy_over_tls(machine)


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
