"""How long to wait before a call is tried again: what the server asks for, else exponentially with jitter."""

from __future__ import annotations

import email.utils
import math
import random
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """How often a call is tried and how long is waited between.

    Attributes:
        tries: how often a call is sent at most.
        first_s, longest_s: bounds of the exponential wait; the ``n``-th is drawn from the upper half of
            ``first_s * 2**n``, so that clients that failed together do not come back together.
        longest_retry_after_s: the longest wait that a server may ask for; a call told to wait longer fails.
    """

    tries: int = 5
    first_s: float = 0.5
    longest_s: float = 30.0
    longest_retry_after_s: float = 120.0

    def wait_s(self, tried: int, random_source: random.Random) -> float:
        """Seconds to wait after the ``tried``-th try (from 1) where the server names no time."""
        full = min(self.longest_s, self.first_s * 2.0 ** min(tried - 1, 60))
        return full * random_source.uniform(0.5, 1)


def retry_after_s(value: str | None, now: float | None = None) -> float | None:
    """Seconds that a ``Retry-After`` header asks for (RFC 9110, section 10.2.3); None where it says nothing usable.

    Args:
        value: the header: a number of seconds or an HTTP date.
        now: seconds since the epoch, for tests.

    >>> retry_after_s("2.5"), retry_after_s("soon"), retry_after_s("-1")
    (2.5, None, None)
    >>> retry_after_s("Thu, 01 Jan 1970 00:01:00 GMT", now=20)
    40.0
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value, time.time() if now is None else now)
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _seconds_until(date: str, now: float) -> float:
    try:
        return max(0.0, email.utils.parsedate_to_datetime(date).timestamp() - now)
    except (TypeError, ValueError, OverflowError, OSError):
        return math.nan
