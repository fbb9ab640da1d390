"""Sets CARTOframes' credentials when it is imported. Needs the standard library alone, and nothing of
`carto_frames`: the interpreter may be another one than that of the plugin.

CARTOframes 1.x gets default credentials. In 0.x a `CartoContext()` without arguments gets them. What a
script sets itself stands.
"""

import functools
import importlib.util
import inspect
import sys


def use(variables):
    """Uses the account of these variables, now or when CARTOframes is imported."""
    base_url = variables.get("CARTO_BASE_URL")
    if not base_url:
        return
    account = {
        "base_url": base_url,
        "username": variables.get("CARTO_USERNAME") or None,
        "api_key": variables.get("CARTO_API_KEY") or "default_public",
    }
    hooks = {
        "cartoframes": functools.partial(_set_credentials, account),
        "cartoframes.viz.map": functools.partial(_tell_of_publishing, "Map"),
        "cartoframes.viz.layout": functools.partial(_tell_of_publishing, "Layout"),
    }
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Finder)]
    sys.meta_path.insert(0, _Finder(hooks))
    for name, hook in hooks.items():
        if name in sys.modules:
            hook(sys.modules[name])


def _set_credentials(account, module):
    """Gives an account to CARTOframes, which was just imported."""
    context = getattr(module, "CartoContext", None)
    if context is not None:
        _set_context(account, context)
        return
    try:
        from cartoframes.auth import set_default_credentials
    except ImportError:
        return
    given = dict(account)
    # carto hands an address without encryption over where the user has allowed it. Early releases
    # have no such parameter, and ask for no such word.
    if given["base_url"].startswith("http://"):
        if "allow_non_secure" in inspect.signature(set_default_credentials).parameters:
            given["allow_non_secure"] = True
    set_default_credentials(**given)


def _set_context(account, context):
    """Lets `CartoContext()` mean the account."""
    original = context.__init__

    @functools.wraps(original)
    def __init__(self, *args, **named):
        own = ("base_url", "api_key", "creds")
        if not args and all(named.get(name) is None for name in own):
            named.update(base_url=account["base_url"], api_key=account["api_key"])
        original(self, *args, **named)

    if not hasattr(original, "is_of_carto_frames"):
        __init__.is_of_carto_frames = True
        context.__init__ = __init__


def _tell_of_publishing(name, module):
    """Lets `publish` say where the map went: a script often drops what it returns."""
    kind = getattr(module, name, None)
    original = getattr(kind, "publish", None)
    if original is None or hasattr(original, "is_of_carto_frames"):
        return

    @functools.wraps(original)
    def publish(*args, **named):
        published = original(*args, **named)
        url = published.get("url") if isinstance(published, dict) else None
        if url:
            print(f"note: published at {url}", file=sys.stderr)
        return published

    publish.is_of_carto_frames = True
    kind.publish = publish


class _Finder:
    """Finds the modules that something is done behind, by whoever else finds them."""

    def __init__(self, hooks):
        self.hooks = hooks

    def find_spec(self, name, path=None, target=None):
        """Finds a module; none where nothing is done behind it."""
        hook = self.hooks.get(name)
        if hook is None:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _Behind(spec.loader, hook)
                return spec
        return None


class _Behind:
    """A loader that does something behind the module's own code."""

    def __init__(self, loader, hook):
        self.loader = loader
        self.hook = hook

    def __getattr__(self, name):
        return getattr(self.loader, name)

    def create_module(self, spec):
        """Makes the module as its own loader does."""
        return self.loader.create_module(spec)

    def exec_module(self, module):
        """Runs the module's own code, then what is done behind it."""
        # Tracebacks and reloads ask the module for its loader.
        module.__spec__.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        self.hook(module)
