"""Tests of carto-frames with the variables that carto would set, and modules in CARTOframes' place."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest

SOURCE = str(pathlib.Path(__file__).parents[1] / "src")
KEY = "marker-key-7a8b9c"

# What the two generations of CARTOframes have, as far as credentials go.
ONE = {
    "cartoframes/__init__.py": "from .auth import set_default_credentials\n",
    "cartoframes/auth.py": """
given = None
def set_default_credentials(first=None, username=None, base_url=None, api_key=None,
                            allow_non_secure=False):
    global given
    given = (username, base_url, api_key, allow_non_secure)
""",
    "cartoframes/viz/__init__.py": "from .map import Map\n",
    "cartoframes/viz/map.py": """
import functools
def measured(function):
    @functools.wraps(function)
    def inner(*args, **named):
        return function(*args, **named)
    return inner
class Map:
    @measured
    def publish(self, name, password):
        return {"id": "1", "url": "https://ann.carto.com/viz/" + name}
""",
}
ZERO = {
    "cartoframes/__init__.py": """
class CartoContext:
    def __init__(self, base_url=None, api_key=None, creds=None, session=None, verbose=0):
        self.given = (base_url, api_key, creds)
""",
}
SHOWS_ONE = "import cartoframes.auth; print(*cartoframes.auth.given)"


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


class Place:
    """A directory with modules, in which the plugin is run as carto runs it."""

    def __init__(self, root):
        self.root = root
        self.env = {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": f"{SOURCE}:{root}/modules",
            "CARTO_PLUGIN_API": "1",
            "CARTO_USERNAME": "ann",
            "CARTO_BASE_URL": "https://ann.carto.com",
            "CARTO_API_KEY": KEY,
        }

    def modules(self, files):
        for name, text in files.items():
            path = self.root / "modules" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return self

    def file(self, name, text):
        (self.root / name).write_text(text)

    def start(self, *args, **env):
        return subprocess.Popen(
            [sys.executable, "-m", "carto_frames.command", *args],
            cwd=self.root,
            env={name: value for name, value in {**self.env, **env}.items() if value is not None},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *args, **env):
        child = self.start(*args, **env)
        out, err = child.communicate(timeout=60)
        return child.returncode, out, err


def test_a_script_of_1_x_has_the_credentials(place):
    place.modules(ONE).file("script.py", f"import sys; {SHOWS_ONE}; print(sys.argv[1:])")
    expected = f"ann https://ann.carto.com {KEY} False\n['--year', '2024', '--help']\n"
    assert place.run("script.py", "--year", "2024", "--help") == (0, expected, "")


def test_code_modules_and_options_of_python(place):
    place.modules(ONE).file("module.py", SHOWS_ONE)
    expected = (0, f"ann https://ann.carto.com {KEY} False\n", "")
    for args in (["-c", SHOWS_ONE], ["-m", "module"], ["-W", "ignore", "-u", "module.py"], ["-Bc", SHOWS_ONE]):
        assert place.run(*args) == expected, args


def test_an_address_without_encryption_is_one_that_carto_allows(place):
    place.modules(ONE)
    code, out, _ = place.run("-c", SHOWS_ONE, CARTO_BASE_URL="http://127.0.0.1:8080/user/ann")
    assert (code, out) == (0, f"ann http://127.0.0.1:8080/user/ann {KEY} True\n")


def test_without_a_key_it_is_the_public_user(place):
    place.modules(ONE)
    _, out, _ = place.run("-c", SHOWS_ONE, CARTO_API_KEY=None)
    assert out == "ann https://ann.carto.com default_public False\n"


def test_what_the_script_says_itself_stands(place):
    place.modules(ONE)
    code = f"import cartoframes; cartoframes.set_default_credentials(username='bob'); {SHOWS_ONE}"
    assert place.run("-c", code)[1] == "bob None None False\n"


def test_a_context_of_0_x(place):
    place.modules(ZERO)
    code = "from cartoframes import CartoContext as C; print(C().given); print(C('u', 'k').given, C(creds=1).given)"
    assert place.run("-c", code)[1] == (
        f"('https://ann.carto.com', '{KEY}', None)\n('u', 'k', None) (None, None, 1)\n"
    )


def test_children_have_the_credentials_and_no_argument_has_the_key(place):
    place.modules(ONE)
    code = (
        "import subprocess, sys; print(open('/proc/self/cmdline').read().split(chr(0))[1]); "
        f"subprocess.run([sys.executable, '-c', {SHOWS_ONE!r}])"
    )
    status, out, _ = place.run("-u", "-c", code)
    assert status == 0
    assert out == f"-u\nann https://ann.carto.com {KEY} False\n"
    assert not any(KEY in path.read_text(errors="replace") for path in place.root.rglob("*") if path.is_file())


def test_the_script_sees_its_own_path_and_sitecustomize(place):
    place.modules({**ONE, "sitecustomize.py": "import sys; sys.other = True\n"})
    code = "import sys, sitecustomize; print(sys.other, [p for p in sys.path if 'start' in p], sitecustomize.__file__)"
    assert place.run("-c", code)[1] == f"True [] {place.root}/modules/sitecustomize.py\n"


def test_tracebacks_are_the_scripts_own(place):
    place.modules(ONE).file("script.py", "import cartoframes\n\nraise ValueError('x')\n")
    code, out, err = place.run("script.py")
    assert (code, out) == (1, "")
    plain = subprocess.run(
        [sys.executable, "script.py"], cwd=place.root, env=place.env, stderr=subprocess.PIPE, text=True
    )
    assert err == plain.stderr
    assert 'script.py", line 3' in err


def test_exit_status_and_signals(place):
    place.modules(ONE).file("wait.py", "import time\nprint('up', flush=True)\ntime.sleep(60)\n")
    assert place.run("-c", "import sys; sys.exit(7)")[0] == 7
    child = place.start("wait.py")
    assert child.stdout.readline() == "up\n"
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=10)
    assert child.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in err


def test_a_module_that_is_imported_is_the_real_one(place):
    place.modules(ONE)
    code = (
        "import cartoframes, importlib, inspect; print(type(cartoframes.__loader__).__name__, "
        "inspect.getsource(cartoframes).strip()); importlib.reload(cartoframes)"
    )
    assert place.run("-c", code) == (
        0,
        "SourceFileLoader from .auth import set_default_credentials\n",
        "",
    )


def test_publishing_says_where(place):
    place.modules(ONE)
    code = "from cartoframes.viz import Map; print(Map().publish('m', password=None)['id'])"
    assert place.run("-c", code) == (0, "1\n", "note: published at https://ann.carto.com/viz/m\n")


def test_a_program_beside_python_or_on_path(place):
    place.modules(ONE)
    assert place.run("--", sys.executable, "-c", SHOWS_ONE)[1].startswith("ann https://")
    assert place.run("--", "sh", "-c", "exit 9")[0] == 9
    assert place.run("--") == (2, "", "error: no program is named\nhelp: carto frames -- jupyter lab\n")
    assert place.run("--", "no-such") == (127, "", "error: there is no program no-such on PATH\n")


def test_which_python(place):
    place.modules(ONE)
    shows = "import sys; print(sys.executable)"
    assert place.run("-c", shows)[1] == f"{sys.executable}\n"
    active = place.root / "active"
    (active / "bin").mkdir(parents=True)
    (active / "bin/python").symlink_to(sys.executable)
    assert place.run("-c", shows, VIRTUAL_ENV=str(active))[1] == f"{active}/bin/python\n"
    setting = f'{{"python": "{sys.executable}"}}'
    assert place.run("-c", shows, VIRTUAL_ENV=str(active), CARTO_PLUGIN_CONFIG=setting)[1] == f"{sys.executable}\n"
    code, _, err = place.run("-c", shows, CARTO_PLUGIN_CONFIG='{"python": "/no/python"}')
    assert code == 127
    assert err.startswith("error: there is no program /no/python, which plugins.frames.python names\nhelp: ")
    code, _, err = place.run("-c", shows, VIRTUAL_ENV="/nowhere")
    assert (code, err) == (127, "error: the active environment /nowhere has no bin/python\nhelp: deactivate\n")


def test_without_cartoframes(place):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place.root / "empty"], check=True)
    python = f"{place.root}/empty/bin/python"
    for args in (["script.py"], ["-c", "1"], []):
        code, out, err = place.run(*args, PYTHONPATH=SOURCE, VIRTUAL_ENV=str(place.root / "empty"))
        assert (code, out) == (1, ""), args
        assert err == (
            f"error: CARTOframes is not installed for {python}\n"
            f"help: {python} -m pip install cartoframes\n"
        )


def test_what_python_would_not_hand_on_is_refused(place):
    place.modules(ONE)
    for options in (["-I"], ["-uE"], ["-W", "ignore", "-S"]):
        code, _, err = place.run(*options, "-c", "1")
        assert code == 2, options
        assert "Python would not get the credentials" in err
    # Behind a script they are the script's.
    assert place.run("-c", "1", "-I")[0] == 0


def test_no_account(place):
    assert place.run("x.py", CARTO_PLUGIN_API=None)[0] == 2
    assert place.run("x.py", CARTO_PLUGIN_API="2")[0] == 2
    code, _, err = place.run("x.py", CARTO_BASE_URL=None)
    assert (code, err) == (4, "error: no account is named\nhelp: carto login URL\nhelp: carto config explain\n")
    # Help and version need none.
    assert place.run("--help", CARTO_PLUGIN_API=None)[0] == 0
    assert place.run("--version", CARTO_PLUGIN_API=None)[1] == "carto-frames 0.1.0\n"


def test_a_notebook_that_was_started_otherwise(place):
    place.modules(ONE)
    bin = place.root / "bin"
    bin.mkdir()
    (bin / "carto").write_text(
        "#!/bin/sh\n[ \"$1 $2\" = 'exec --' ] && shift 2\n"
        f"CARTO_BASE_URL=https://zoe.carto.com CARTO_USERNAME=zoe CARTO_API_KEY={KEY} exec \"$@\"\n"
    )
    (bin / "carto").chmod(0o755)
    code = f"import carto_frames; carto_frames.load_ipython_extension(None); {SHOWS_ONE}; import os; print('CARTO_API_KEY' in os.environ)"
    env = {"PATH": f"{bin}:/usr/bin:/bin", "PYTHONPATH": place.env["PYTHONPATH"]}
    ran = subprocess.run([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True)
    assert ran.stdout == f"zoe https://zoe.carto.com {KEY} False\nFalse\n"
    # Also where CARTOframes is imported already.
    ran = subprocess.run(
        [sys.executable, "-c", f"import cartoframes; {code}"], env=env, stdout=subprocess.PIPE, text=True
    )
    assert ran.stdout.startswith("zoe https://zoe.carto.com ")
    env["PATH"] = "/usr/bin:/bin"
    ran = subprocess.run([sys.executable, "-c", code], env=env, stderr=subprocess.PIPE, text=True)
    assert "there is no `carto` on PATH\nhelp: pip install carto-cli" in ran.stderr
