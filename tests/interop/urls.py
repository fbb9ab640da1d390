#!/usr/bin/env python3
"""Checks that Python and curl read carto's canonical base URLs as carto does.

    urls.py tests/data/honest-urls.tsv    columns: input, canonical form, host, path
    urls.py < LINES                       columns: canonical form, host, path

Columns are parted by a tab; lines that begin with `#` are passed over. Each canonical form is read
by urllib.parse.urlsplit and by libcurl's URL parser. Both must find the host and the path given,
no user, query or fragment, and the scheme and port that, put together again, give the text.
Prints one line for each difference and the counts; the exit status is 1 when something differs.
"""

import ctypes
import ctypes.util
import sys
from typing import NamedTuple
from urllib.parse import urlsplit


class Seen(NamedTuple):
    scheme: str
    host: str
    port: str
    path: str
    rest: tuple


class Curl:
    """libcurl's URL parser: the numbers are CURLUPart and CURLUcode of curl/urlapi.h."""

    URL, SCHEME, USER, PASSWORD, HOST, PORT, PATH, QUERY, FRAGMENT = 0, 1, 2, 3, 5, 6, 7, 8, 9
    OK = 0
    ABSENT = (11, 12, 13, 15, 16, 17)  # no user, password, options, port, query, fragment

    def __init__(self):
        name = "libcurl.so.4" if sys.platform.startswith("linux") else None
        name = name or ctypes.util.find_library("curl") or ctypes.util.find_library("libcurl")
        if name is None:
            raise OSError("libcurl was not found")
        self.lib = lib = ctypes.CDLL(name)
        lib.curl_url.restype = ctypes.c_void_p
        lib.curl_url_cleanup.argtypes = [ctypes.c_void_p]
        lib.curl_url_set.argtypes = [
            ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
        lib.curl_url_get.argtypes = [
            ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_void_p), ctypes.c_uint]
        lib.curl_free.argtypes = [ctypes.c_void_p]

    def read(self, url):
        handle = self.lib.curl_url()
        try:
            code = self.lib.curl_url_set(handle, self.URL, url.encode(), 0)
            if code != self.OK:
                raise ValueError(f"refused with CURLUcode {code}")
            rest = tuple(self.part(handle, part)
                         for part in (self.USER, self.PASSWORD, self.QUERY, self.FRAGMENT))
            return Seen(self.part(handle, self.SCHEME), self.part(handle, self.HOST),
                        self.part(handle, self.PORT), self.part(handle, self.PATH), rest)
        finally:
            self.lib.curl_url_cleanup(handle)

    def part(self, handle, part):
        text = ctypes.c_void_p()
        code = self.lib.curl_url_get(handle, part, ctypes.byref(text), 0)
        if code in self.ABSENT:
            return ""
        if code != self.OK:
            raise ValueError(f"CURLUPart {part} gives CURLUcode {code}")
        try:
            return ctypes.string_at(text).decode()
        finally:
            self.lib.curl_free(text)


def read_with_python(url):
    parts = urlsplit(url)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    port = "" if parts.port is None else str(parts.port)
    rest = (parts.username or "", parts.password or "", parts.query, parts.fragment)
    return Seen(parts.scheme, host, port, parts.path, rest)


def difference(seen, canonical, host, path):
    """Says how a parser disagrees with carto, or gives None."""
    # Some parsers give an empty path as `/`.
    seen_path = "" if seen.path == "/" else seen.path
    joined = f"{seen.scheme}://{seen.host}{':' if seen.port else ''}{seen.port}{seen_path}"
    if seen.host != host:
        return f"host {seen.host!r}, not {host!r}"
    if seen_path != path:
        return f"path {seen_path!r}, not {path!r}"
    if joined != canonical:
        return f"its parts make {joined!r}"
    if any(seen.rest):
        return f"user, password, query or fragment: {seen.rest!r}"
    return None


def rows(arguments):
    if arguments:
        with open(arguments[0], encoding="utf-8") as table:
            lines = table.read().split("\n")
    else:
        lines = sys.stdin.read().split("\n")
    for line in lines:
        if line and not line.startswith("#"):
            # The input column, when there is one, comes first.
            yield line.split("\t")[-3:]


def main(arguments):
    parsers = {"python": read_with_python, "curl": Curl().read}
    passed = failed = 0
    for canonical, host, path in rows(arguments):
        for name, read in parsers.items():
            try:
                problem = difference(read(canonical), canonical, host, path)
            except ValueError as error:
                problem = str(error)
            if problem is None:
                passed += 1
            else:
                failed += 1
                print(f"{name}: {canonical}: {problem}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
