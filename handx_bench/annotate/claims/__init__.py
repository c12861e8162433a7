"""Text checked against motion: a closed grammar reads atomic claims off any English text, motion codes bear them out.

``lexicon`` and ``tokens`` know words, ``phrases`` and ``clauses`` read who does what, ``predicates`` and ``make`` turn
that into claims on channels, ``claim`` checks them, ``check`` sums up texts.
"""

from .check import CLAIMS_REVISION, TextCheck, check_text, check_texts
from .claim import Claim, Kind, Status, Verdict, When, check_claims
from .parse import Reading, parse

__all__ = [
    "CLAIMS_REVISION",
    "Claim",
    "Kind",
    "Reading",
    "Status",
    "TextCheck",
    "Verdict",
    "When",
    "check_claims",
    "check_text",
    "check_texts",
    "parse",
]
