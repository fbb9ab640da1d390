"""`carto frames`: runs Python with CARTOframes' credentials set; a plugin of carto."""

__version__ = "0.1.0"


def load_ipython_extension(_):
    """Sets CARTOframes' credentials in a notebook that was started otherwise: `%load_ext carto_frames`.

    The account is the one that `carto` uses in the notebook's directory.
    """
    from . import account
    from .start import carto_frames_start

    carto_frames_start.use(account.from_carto())
