"""Base forms of English words, as far as the lexicon needs them."""

from __future__ import annotations

from collections.abc import Iterable

from .categories import Form

_IRREGULAR = {
    "bent": "bend", "brought": "bring", "held": "hold", "kept": "keep", "met": "meet", "made": "make", "drawn": "draw",
    "drew": "draw", "came": "come", "went": "go", "goes": "go", "gone": "go", "rose": "rise", "risen": "rise", "got": "get",
    "lay": "lie", "lain": "lie", "lying": "lie", "put": "put", "spread": "spread", "shut": "shut", "shook": "shake",
    "shaken": "shake", "swung": "swing", "fell": "fall", "fallen": "fall", "sank": "sink", "sunk": "sink",
    "slid": "slide", "withdrew": "withdraw", "became": "become",
    "began": "begin", "begun": "begin", "is": "be", "are": "be", "was": "be", "were": "be", "being": "be", "been": "be",
    "fists": "fist", "hands": "hand", "wrists": "wrist", "palms": "palm", "fingers": "finger", "tips": "tip",
    "fingertips": "fingertip", "thumbs": "thumb", "indexes": "index", "pinkies": "pinky", "gaps": "gap",
    "spaces": "space", "arms": "arm", "digits": "digit", "persons": "person", "remaining": "remaining",
}  # fmt: skip
#: Words that are present and past.
BOTH_FORMS = frozenset({"put", "shut", "spread"})
_IRREGULAR_PAST = {
    "bent",
    "brought",
    "held",
    "kept",
    "met",
    "made",
    "drawn",
    "put",
    "spread",
    "shut",
    "shaken",
    "fallen",
}


def inflected(verbs: Iterable[str]) -> dict[str, tuple[str, Form]]:
    """Every form of the verbs, and of irregular words → base form and form.

    >>> forms = inflected(["tap", "touch"])
    >>> forms["tapping"], forms["touches"], forms["bent"]
    (('tap', <Form.BASE: 1>), ('touch', <Form.BASE: 1>), ('bend', <Form.PARTICIPLE: 2>))
    """
    out: dict[str, tuple[str, Form]] = {}
    for word in sorted(set(verbs) - {"be"}):
        out.update(dict.fromkeys(_present(word), (word, Form.BASE)))
        out.update(dict.fromkeys(_past(word), (word, Form.PARTICIPLE)))
    for word, base in _IRREGULAR.items():
        out[word] = (base, Form.PARTICIPLE if word in _IRREGULAR_PAST else Form.BASE)
    return out


def _present(word: str) -> list[str]:
    third = word + "es" if word.endswith(("s", "sh", "ch", "x", "z")) else word + "s"
    if word.endswith("y") and word[-2] not in "aeiou":
        third = word[:-1] + "ies"
    return [third, *(stem + "ing" for stem in _stems(word))]


def _past(word: str) -> list[str]:
    if word.endswith("y") and word[-2] not in "aeiou":
        return [word[:-1] + "ied"]
    return [stem + "ed" for stem in _stems(word)]


def _stems(word: str) -> list[str]:
    """Stems before "ing" and "ed": without a final e, with the last consonant doubled where that may be."""
    if word.endswith("e"):
        return [word[:-1]]
    return [word, word + word[-1]] if word[-1] in "pbtgnmrd" else [word]
