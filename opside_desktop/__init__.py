"""Opside Desktop: see and keep what Amazon owes a seller."""

__version__ = "0.1.0"
