"""Where hostile input is run: separate processes with limits, killed when they pass them."""

VERSION = "3"
"""Raised when the same query or test gives another result. Part of the version of whoever uses it."""
