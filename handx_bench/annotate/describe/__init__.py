"""Descriptions by rules: five levels of detail for the left hand, the right hand and their interaction.

Everything said is read off the motion codes, in the order of time; nothing is guessed. Level 1 names what is most
visible, 2 the whole course in brief, 3 every step with what fingers bend to, every contact, and what stays as it is, 4
adds speeds and lesser events (gaps between fingers, tips that come near a palm, hands that move alike), 5 adds where
each change begins and what mostly is so. Contacts are told at every level: their kinds at 1 and 2 (between the hands),
each of them from 3 on.
"""

from .compose import describe, seed_of

__all__ = ["describe", "seed_of"]
