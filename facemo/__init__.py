"""Rebuild a picture out of many small pictures.

The public names, which `__init__.pyi` lists, are imported when they are first used, so that
``import facemo`` and ``facemo --help`` cost nothing before there is work to do.
"""

import lazy_loader

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
