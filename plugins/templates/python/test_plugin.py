"""Tests of carto-@NAME@, with the variables that carto would set: `pytest`, or `python3 -m unittest`."""

import contextlib
import io
import unittest

import @MODULE@

ANN = {
    "CARTO_PLUGIN_API": "1",
    "CARTO_USERNAME": "ann",
    "CARTO_BASE_URL": "https://ann.carto.com",
    "CARTO_API_KEY": "secret",
}


def run(*args, **env):
    """Runs the plugin; returns its status and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = @MODULE@.main(list(args), env)
        except SystemExit as end:
            status = end.code
    return status, out.getvalue(), err.getvalue()


class Plugin(unittest.TestCase):
    def test_an_account(self):
        expected = "hello ann at https://ann.carto.com (key: yours)\n"
        self.assertEqual(run(**ANN), (0, expected, ""))

    def test_a_greeting_of_the_settings(self):
        status, out, _ = run(**ANN, CARTO_PLUGIN_CONFIG='{"greeting": "hi"}')
        self.assertEqual((status, out.split()[0]), (0, "hi"))

    def test_json(self):
        status, out, _ = run("--json", **(ANN | {"CARTO_API_KEY": "default_public"}))
        self.assertEqual(status, 0)
        self.assertIn('"key": "public"', out)

    def test_the_key_is_never_printed(self):
        for text in run(**ANN)[1:] + run("--json", **ANN)[1:]:
            self.assertNotIn("secret", text)
        self.assertNotIn("secret", repr(@MODULE@.account(ANN)))

    def test_no_account(self):
        status, out, err = run(CARTO_PLUGIN_API="1")
        self.assertEqual((status, out), (4, ""))
        self.assertIn("carto login URL", err)

    def test_without_carto(self):
        env = {name: value for name, value in ANN.items() if name != "CARTO_PLUGIN_API"}
        self.assertEqual(run(**env)[0], 2)
        self.assertEqual(run(**(ANN | {"CARTO_PLUGIN_API": "2"}))[0], 2)

    def test_arguments(self):
        self.assertEqual(run("--nothing", **ANN)[0], 2)
        self.assertEqual(run("more", **ANN)[0], 2)
        # Help and version need no account.
        self.assertEqual(run("--help")[0], 0)
        self.assertEqual(run("--version"), (0, "carto-@NAME@ 0.1.0\n", ""))


if __name__ == "__main__":
    unittest.main()
