"""Who submits, where no login says so."""

from __future__ import annotations

import getpass

from ..errors import InputError
from .manifest import check_text


def user_name(user: str | None = None) -> str:
    """A checked user name; that of the operating system if None.

    A store on one machine trusts its users: whoever may write to its folder may take any name.

    Raises:
        InputError: empty, too long, with invisible characters, or unknown to the machine.

    >>> user_name(" ada ")
    'ada'
    """
    try:
        name = check_text(getpass.getuser() if user is None else user)
    except ValueError as error:
        raise InputError(f"the user name {error}", fix="give another one with --user") from None
    except (KeyError, OSError):
        raise InputError("this machine does not know your user name", fix="give it with --user") from None
    if not 0 < len(name) <= 100:
        raise InputError("the user name must have 1 to 100 characters", fix="give another one with --user")
    return name
