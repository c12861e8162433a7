"""From what a user writes after ``--store`` to a store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .bundle import Bundle
from .local_store import LocalStore
from .store import Store
from .validate import BundleCheck, check_bundle


def open_store(
    spec: str | Path,
    user: str | None = None,
    *,
    create: bool = False,
    check: Callable[[Bundle], BundleCheck] = check_bundle,
) -> Store:
    """The store in a folder.

    Args:
        user: who submits, where the store does not know it; the user of the operating system if None.
        create: make the store if it is not there.

    Raises:
        InputError: there is no store, or it cannot be made.
    """
    return LocalStore(spec, user, create=create, check=check)
