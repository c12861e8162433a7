"""The error that every boundary of the library raises for bad input."""

from __future__ import annotations


class InputError(ValueError):
    """Something that came from outside is wrong: what, where, and how to mend it.

    The command line prints it without a traceback and exits with code 2.

    Args:
        what: what is wrong, as a sentence without a full stop.
        where: file, clip, frame, joint or key; empty where the whole input is meant.
        fix: what the user can do about it.

    >>> str(InputError("motion holds NaN", where="clip 3, frame 7, left index_tip", fix="drop the frame"))
    'motion holds NaN (clip 3, frame 7, left index_tip). drop the frame'
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what, self.where, self.fix = what, where, fix
        message = f"{what} ({where})" if where else what
        super().__init__(f"{message}. {fix}" if fix else message)

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions with keyword arguments do not survive multiprocessing by themselves.
        return (_rebuild, (type(self), self.what, self.where, self.fix))


def _rebuild(cls: type[InputError], what: str, where: str, fix: str) -> InputError:
    return cls(what, where=where, fix=fix)
