"""The window. The only package that knows Qt."""

import builtins

import PySide6.QtCore  # noqa: F401  # loaded for what it does to imports

# WORKAROUND: PySide6 puts itself before every later import of the whole program and reads each
# module's source, to find users of its `__feature__` switches. We are none, and the first rows
# would come 60 ms later. It keeps the plain import under this name.
builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
