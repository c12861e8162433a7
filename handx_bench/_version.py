"""The one place that states the library's version."""

__version__ = "0.1.0.dev0"
