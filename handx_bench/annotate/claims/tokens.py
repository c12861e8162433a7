"""From a sentence to tokens: words in base forms, longest known phrases, their categories."""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple

from .categories import Cat, Form
from .lexicon import ARTICLES, FORMS, LONGEST_FROM, NOISE, PHRASES_BY_WORDS

#: A full stop ends a sentence where a space or nothing follows; a colon only introduces.
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_SHORT = re.compile(r"\b(e\.g|i\.e|approx|etc|ca|vs)\.")
#: Words that would be taken for fingers or sides.
_NO_FINGERS = (
    (re.compile(r"\ba (little|bit)\b"), "slightly"),
    (re.compile(r"\bin the middle\b(?! of)"), ""),
    (re.compile(r"\bright (away|after|before)\b"), r"\1"),
)
_NO_PART = r"(?! (?:hand|palm|thumb|index|middle|ring|pinky|little|finger|fingertip|wrist|arm|side|of|and right))"
_NUMBER = r"\d{1,4}(?:\.\d{1,4})?"
_TIME = rf"{_NUMBER} ?(?:s|sec|secs|seconds?|frames?)\b"
_LENGTH = rf"{_NUMBER} ?(?:m|cm|mm|(?:centi|milli)?met(?:er|re)s?|degrees?|deg|°)(?!\w)"
_ABOUT = r"(?:(?:about|around|roughly|approximately) )?"
_CLIP = r"(?: of (?:the |this )?(?:clip|motion|recording|sequence|movement))?"
#: Where a time or an amount decides whether it is so: "is straight for 0.5 s", "does not touch until 1 s".
_BOUNDED = re.compile(
    r"\b(?:not?|never|without|neither|nor|until|is|are|stays?|remains?|keeps?|holds?|staying|remaining|keeping|still)\b"
)
#: Amounts, times and phases of what happens: read past, since only that it happens is checked.
_MEASURES = (
    re.compile(rf"\b(?:from|between) {_ABOUT}{_NUMBER}(?: ?s| seconds)? (?:to|and) {_ABOUT}{_TIME}"),
    re.compile(
        rf"\b(?:(?:at|around|about|from|after|for|in|within|by|over) )?(?:the first |the last )?{_ABOUT}{_TIME}"
    ),
    re.compile(rf"\b(?:by )?{_ABOUT}{_LENGTH}"),
    re.compile(rf"\b(?:in|during|over) the (?:first|second|last) (?:half|third|second|part){_CLIP}\b"),
    re.compile(rf"\bhalfway through{_CLIP}(?: the (?:clip|motion|recording|sequence|movement))?\b"),
    re.compile(r"\bin the middle of the (?:clip|motion|recording|sequence|movement)\b"),
)
#: What is said in a way that words alone do not tell.
_TURNS = (
    # "moves left": a direction, where no article makes it a hand.
    (re.compile(rf"\b(moves?|moving|moved|shift\w*|travel\w*|go|goes|going|then|again|neither|nor) (left|right)\b{_NO_PART}"),
     r"\1 \2ward"),
    (re.compile(r"\b(hand|one|and) (left|right)(?=$|[.,;])"), r"\1 \2ward"),
    # Not fully is a little; what has been done is done.
    (re.compile(r"\b(not|never) (fully|completely|entirely)\b"), "almost"),
    (re.compile(r"\b(?:have|has|had) (?=\w+ed\b|bent\b|met\b)"), "almost "),
    (re.compile(r"\bup to (?=once|twice|\d|two|three|four|five)"), "almost "),
    (re.compile(r"\binitially (?=(?:straight|bent|open|closed|curled|extended) (?:thumb|index|middle|ring|pinky|finger|hand))"), ""),
    (re.compile(r"\bapart from (?=touching|near|close|far|a hand)"), "apart, from "),
    (re.compile(r"\b(?:three middle|middle three) fingers\b"), "midfingers"),
)  # fmt: skip
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*|,|[0-9]+")
_DIGITS = {
    str(i): word for i, word in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight"))
}
#: More words than this in a sentence are not read: texts come from outside.
MAX_WORDS = 300


class Token(NamedTuple):
    """A word or phrase: what it does, what it means, its form, and how it stood in the text."""

    cat: Cat
    value: Any
    form: Form
    text: str


class _Word(NamedTuple):
    base: str
    form: Form
    text: str


class Sentence(NamedTuple):
    """A sentence in lower case; a question claims nothing."""

    text: str
    is_question: bool


def sentences(text: str) -> list[Sentence]:
    """The sentences of a text, cut at full stops, semicolons and line breaks.

    >>> [s.text for s in sentences("It rises, approx. twice. Left hand: still")]
    ['it rises, twice', 'left hand, still']
    """
    plain = _SHORT.sub("", text.lower().replace("’", "'").replace("n't", " not"))
    plain = plain.replace("hyper-", "hyper").replace("-", " ").replace(":", ",")
    for pattern, instead in (*_NO_FINGERS, *_TURNS):
        plain = pattern.sub(instead, plain)
    cut = [_without_measures(part).strip() for part in _SENTENCE.split(plain)]
    return [Sentence(" ".join(part.strip(" .!?;").split()), part.endswith("?")) for part in cut if part.strip(" .!?;")]


def _without_measures(sentence: str) -> str:
    if not _BOUNDED.search(sentence):
        for measure in _MEASURES:
            sentence = measure.sub("", sentence)
    return sentence


def tokenize(sentence: str) -> list[Token]:
    """Tokens of a sentence in lower case; unknown words are kept as such, meaningless ones are dropped.

    >>> [(t.cat.name, t.text) for t in tokenize("the left hand's thumb touches the index fingertip twice")]
    [('SIDE', 'left'), ('HAND', 'hand'), ('NAME', 'thumb'), ('VERB', 'touches'), ('NAME', 'index'), ('TIP', 'fingertip'), ('TIMES', 'twice')]
    """
    words = [_word(text) for text in _WORD.findall(sentence)]
    words = [word for word in words if word.base not in ARTICLES]
    too_long = len(words) > MAX_WORDS
    words = words[:MAX_WORDS]
    tokens: list[Token] = []
    i = 0
    while i < len(words):
        token, used = _longest(words, i)
        if token is not None:
            tokens.append(token)
        i += used
    if too_long:
        tokens.append(Token(Cat.UNKNOWN, None, Form.BASE, "…"))
    return tokens


@functools.lru_cache(maxsize=4096)
def _word(text: str) -> _Word:
    text = _DIGITS.get(text, text).removesuffix("'s").removesuffix("'")
    base, form = FORMS.get(text, (text, Form.BASE))
    return _Word(base, form, text)


def _longest(words: list[_Word], start: int) -> tuple[Token | None, int]:
    first = words[start]
    if first.base == ",":
        return Token(Cat.COMMA, None, Form.BASE, ","), 1
    for length in range(min(LONGEST_FROM.get(first.base, 0), len(words) - start), 0, -1):
        part = words[start : start + length]
        phrase = PHRASES_BY_WORDS.get(tuple(word.base for word in part))
        if phrase is not None and all(
            w.form is Form.PARTICIPLE or not must for w, must in zip(part, phrase.participles)
        ):
            return Token(phrase.cat, phrase.value, first.form, " ".join(word.text for word in part)), length
    if first.base in NOISE:
        return None, 1
    return Token(Cat.UNKNOWN, None, Form.BASE, first.text), 1
