"""The words that the claims grammar knows, by what they do in a sentence.

Phrases are written in base forms; :mod:`.tokens` reduces what stands in a text to them and takes the longest match.
A closed vocabulary: what is not here is not understood, and lowers the coverage instead of being guessed at.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..codes import channels as c
from .categories import Cat, Form, Place, State, StateKind, Verb
from .claim import REPEATEDLY
from .inflection import BOTH_FORMS, inflected


def _flexion(*states: str) -> State:
    return State(StateKind.FLEXION, frozenset(states))


def _spacing(*states: str) -> State:
    return State(StateKind.SPACING, frozenset(states))


def _distance(*states: str) -> State:
    return State(StateKind.DISTANCE, frozenset(states))


def _places() -> dict[str, Place]:
    out: dict[str, Place] = {}
    for side in ("left", "right"):
        place = Place("x", side)
        out |= dict.fromkeys((f"to {side} of", f"on {side} of", f"{side} of", f"on {side} side of"), place)
    out |= dict.fromkeys(("in front of", "ahead of", "before body of"), Place("y", "in front"))
    out |= dict.fromkeys(("behind", "in back of"), Place("y", "behind"))
    out |= dict.fromkeys(("above", "over", "higher than", "on top of"), Place("z", "above"))
    out |= dict.fromkeys(("below", "under", "beneath", "underneath", "lower than"), Place("z", "below"))
    out |= dict.fromkeys(
        ("level with", "at same height as", "as high as", "level", "at same height"), Place("z", c.ALIGNED)
    )
    out |= dict.fromkeys(("at same depth as", "as far forward as", "abreast of"), Place("y", c.ALIGNED))
    out |= dict.fromkeys(("in line with", "aligned with"), Place("x", c.ALIGNED))
    return out


_BENT = _flexion(c.PARTLY_BENT, c.BENT)
_FULL = _flexion(c.BENT)
_PARTLY = _flexion(c.PARTLY_BENT)
_STRAIGHT = _flexion(c.EXTENDED, c.HYPER_EXTENDED)
_EXTENDED = _flexion(c.EXTENDED)
_HYPER = _flexion(c.HYPER_EXTENDED)

_COUNTS = {"once": 1, "twice": 2, "one time": 1, "two times": 2, "three times": 3, "four times": 4, "five times": 5,
           "six times": 6, "seven times": 7, "eight times": 8}  # fmt: skip

#: Phrase in base forms → category and value.
PHRASES: dict[str, tuple[Cat, Any]] = {}


def _add(category: Cat, values: dict[str, Any]) -> None:
    for phrase, value in values.items():
        assert phrase not in PHRASES, phrase
        PHRASES[phrase] = (category, value)


def _same(value: Any, *phrases: str) -> dict[str, Any]:
    return dict.fromkeys(phrases, value)


_add(Cat.SIDE, {"left": "left", "right": "right", "both": "both"})
_add(Cat.HAND, {"hand": "hand", **_same("wrist", "wrist", "arm", "forearm")})
_add(Cat.PALM, _same("palm", "palm"))
_add(Cat.FINGER, _same("finger", "finger", "digit"))
_add(Cat.TIP, _same("tip", "tip", "fingertip", "finger tip", "fingerpad"))
_add(Cat.NAME, {
    "thumb": "thumb", **_same("index", "index", "forefinger", "pointer"), "middle": "middle", "ring": "ring",
    **_same("pinky", "pinky", "pinkie", "little", "little finger", "small finger"),
})  # fmt: skip
_add(Cat.GAP, _same("gap", "gap", "space", "spacing"))
_add(Cat.PERSON, _same("person", "person", "someone", "subject", "actor"))
_add(Cat.SAME, _same("same", "it", "they", "them", "those"))
_add(Cat.OTHER_HAND, _same("other", "other hand", "opposite hand", "other one"))
_add(Cat.EACH_OTHER, _same("each other", "each other", "one another"))
_add(Cat.ALL, _same("all", "all", "every", "each", "all of"))
_add(Cat.NUMBER, {**_same(1, "one", "ones", "either"), "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10})
_add(Cat.REST, _same("rest", "other", "rest of", "remaining", "others"))
_add(Cat.NONE, _same("none", "no", "none of", "neither"))
_add(Cat.EXCEPT, _same("except", "except", "except for", "apart from", "other than", "without", "excluding"))
_add(Cat.INSTEAD, _same("instead", "instead of", "rather than"))
_add(Cat.RELATIVE, _same("relative", "relative to", "in relation to", "as seen from", "seen from"))
_add(Cat.HEDGE, _same(
    "hedge", "almost", "nearly", "hardly", "barely", "rarely", "no longer", "cannot", "can", "could", "might", "may", "would",
    "should", "if", "unless", "as if", "as though", "some", "in turn", "one after other", "one by one", "in sequence",
    "alternately", "respectively", "out of contact", "once or twice", "two or three times", "three or four times",
))  # fmt: skip
_add(Cat.WHO, _same("who", "which", "who"))
_add(Cat.OF, _same("of", "of", "between", "on"))
_add(Cat.BE, _same("be", "be", "become", "get", "lie", "appear"))
_add(Cat.STAY, _same("stay", "stay", "remain", "keep", "hold", "rest"))
_add(Cat.NOT, _same("not", "not", "never", "do not", "without ever", "at no point", "at no time", "not once"))
_add(Cat.UNKNOWN, _same(None, "where it start", "where it begin", "where they start", "where they begin"))
_add(Cat.STATE, {
    **_same(_FULL, "fully bent", "tightly bent", "bent fully", "tightly curled", "fully curled",
            "fully flexed", "fully closed"),
    **_same(_PARTLY, "half bent", "partly bent", "partially bent", "loosely bent", "half curled", "loosely curled",
            "halfway bent", "partially flexed", "partially extended"),
    **_same(_EXTENDED, "straight", "outstretched", "flat"),
    **_same(_STRAIGHT, "fully extended", "fully straight", "fully open"),
    **_same(_HYPER, "bent back", "hyperextended", "bent backward"),
    **_same(_spacing(c.CLOSED), "together", "side by side", "tightly together", "closely together"),
    **_same(_spacing(c.OPEN), "apart", "wide apart"),
    **_same(_distance(c.TOUCHING), "in contact"),
    **_same(_distance(c.NEAR), "close to each other", "near each other"),
    **_same(_distance(c.MEDIUM), "hand's width apart", "hand width apart", "at medium distance"),
    **_same(_distance(c.FAR), "far apart", "far from each other", "well apart", "far away"),
})  # fmt: skip
_add(Cat.STILL, _same("still", "still", "motionless", "stationary", "immobile", "in place", "at rest", "nearly still",
                      "almost still", "where it be"))  # fmt: skip
_add(Cat.NEAR, _same("near", "near", "close to", "next to"))
_add(Cat.PLACE, _places())
_add(Cat.DIRECTION, {
    **_same("up", "up", "upward", "upwards", "back up", "from bottom to top"),
    **_same("down", "down", "downward", "downwards", "back down", "from top to bottom"),
    **_same("forward", "forward", "forwards", "to front", "ahead", "from back to front"),
    **_same("backward", "backward", "backwards", "back", "to back", "from front to back"),
    **_same("left", "to left", "leftward", "leftwards", "toward left", "back to left", "from right to left"),
    **_same("right", "to right", "rightward", "rightwards", "toward right", "back to right", "from left to right"),
})  # fmt: skip
_add(Cat.SPEED, {
    **_same(c.SLOW, "slowly", "slow", "at low speed", "unhurriedly", "at slow pace", "at slow speed"),
    **_same(c.MODERATE, "steadily", "moderately", "at moderate pace", "at medium speed", "at even pace", "at medium pace",
            "at moderate speed", "at steady pace"),
    **_same(c.FAST, "quickly", "fast", "rapidly", "swiftly", "briskly", "at high speed", "at fast pace", "at quick pace"),
})  # fmt: skip
_add(Cat.TIMES, {
    **_COUNTS, "thrice": 3,
    **_same(
        REPEATEDLY, "repeatedly", "at least twice", "at least two times", "more than once", "few times",
        "couple of times", "again and again", "several times", "many times", "over and over", "multiple times",
        "back and forth", "up and down", "side to side", "from side to side", "in and out",
    ),
})  # fmt: skip
_add(Cat.FROM, _same("from", "from"))
_add(Cat.TO, _same("to", "to", "until", "into", "toward", "towards", "onto", "against"))
_add(Cat.BY, _same("by", "by"))
_add(Cat.WITH, _same("with", "with"))
_add(Cat.THEN, _same("then", "then", "after that", "afterward", "afterwards", "next", "followed by", "later", "and then",
                     "finally", "at last", "subsequently", "thereafter", "eventually", "lastly"))  # fmt: skip
_add(Cat.BEFORE, _same("before", "before"))
_add(Cat.AFTER, _same("after", "after"))
#: What a clip may be called.
_CLIPS = ("clip", "motion", "recording", "sequence", "movement")
_OF_CLIP = ("", *(f" of {clip}" for clip in _CLIPS))
_add(Cat.AT_START, _same(
    "start", "start", "begin", "initially", "at first", "in beginning", "near start", "near beginning",
    *(f"at {edge}{of}" for edge in ("start", "beginning") for of in _OF_CLIP),
))  # fmt: skip
_add(Cat.AT_END, _same(
    "end", "end", "finish", "in end", "by end", "near end", "toward end", "towards end", *(f"at end{of}" for of in _OF_CLIP),
))  # fmt: skip
_add(Cat.ALWAYS, _same("always", "throughout", "all time", "whole time", "entire time", "constantly", *(
    f"{lead} {clip}" for lead in ("throughout", "throughout whole", "throughout entire", "during whole", "during entire",
                                  "for whole", "for entire") for clip in _CLIPS
)))  # fmt: skip
_add(Cat.AND, _same("and", "and", "or", "nor", "as well as", "as be"))
_add(Cat.WHILE, _same("while", "while", "whereas", "as", "when", "but", "first", "also"))
_add(Cat.MEANWHILE, _same("meanwhile", "meanwhile", "at same time", "simultaneously"))

_VERBS: dict[Verb, tuple[str, ...]] = {
    Verb.BEND: ("bend", "curl", "flex", "fold", "curl in", "curl up", "crook", "bend in", "fold in", "clench"),
    Verb.EXTEND: ("extend", "straighten", "uncurl", "stretch", "unfold", "unbend", "straighten out", "stretch out",
                  "extend out", "uncurl out"),
    Verb.SPREAD: ("spread", "spread out", "fan out", "splay", "spread apart", "fan apart", "separate", "spread open",
                  "spread wide", "spread wide apart"),
    Verb.GATHER: ("come together", "bring together", "close together", "gather", "join", "join together", "merge",
                  "draw together", "press together", "gather together", "move together", "hold together",
                  "pinch together", "clench together", "squeeze together", "clasp together", "clasp"),
    Verb.OPEN: ("open", "open up", "unclench", "widen", "open wide"),
    Verb.CLOSE: ("close", "shut", "narrow"),
    Verb.FIST: ("make fist", "form fist", "clench fist", "close to fist", "clench into fist", "curl into fist",
                "close into fist", "clench to fist"),
    Verb.TOUCH: ("touch", "contact", "meet", "tap", "press", "press on", "press against", "come into contact with",
                 "come into contact", "make contact with", "make contact", "rest on", "rest against", "land on", "touch on"),
    Verb.PINCH: ("pinch", "pinch with"),
    Verb.MOVE: ("move", "travel", "shift", "go", "glide", "drift", "slide"),
    Verb.REACH: ("reach", "come", "pull", "push", "draw"),
    Verb.WAVE: ("wave", "shake", "swing", "oscillate", "bob"),
    Verb.APPROACH: ("approach", "approach each other", "come closer", "move closer", "get closer",
                    "come closer together", "move toward each other"),
    Verb.NEAR: ("come near", "come close", "move close", "draw near", "get near", "come close to"),
    Verb.RECEDE: ("move apart", "move away from each other", "draw apart", "come apart", "part", "separate from",
                  "move away from", "move away", "pull apart"),
    Verb.OTHER: ("rotate", "turn", "flip", "twist", "roll", "face", "point", "show", "grasp", "grip", "grab", "hold onto",
                 "release", "carry", "write", "stop", "try", "seem", "want", "indicate", "express", "cover",
                 "cross", "interlock", "interlace", "clap", "turn over", "place", "put", "set", "use",
                 "rub", "cup", "bring", "repeat", "relax", "tilt", "trace", "circle"),
}  # fmt: skip
for _meaning, _phrases in _VERBS.items():
    _add(Cat.VERB, dict.fromkeys(_phrases, (_meaning, "")))
#: Verbs that carry their direction.
_add(Cat.VERB, {
    **_same((Verb.MOVE, "up"), "raise", "lift", "rise", "lift up", "go up", "raise up"),
    **_same((Verb.MOVE, "down"), "lower", "descend", "drop", "sink", "put down", "fall"),
    **_same((Verb.MOVE, "forward"), "advance"), **_same((Verb.MOVE, "backward"), "retreat", "withdraw"),
})  # fmt: skip

#: Participles that name a state after "is" or "stays", by the verb.
PARTICIPLES: dict[Verb, State] = {
    Verb.BEND: _BENT,
    Verb.EXTEND: _STRAIGHT,
    Verb.SPREAD: _spacing(c.OPEN),
    Verb.GATHER: _spacing(c.CLOSED),
    Verb.FIST: _FULL,
    Verb.OPEN: _STRAIGHT,
    Verb.CLOSE: _BENT,
    Verb.TOUCH: _distance(c.TOUCHING),
}

#: Words that are left out before phrases are looked for.
ARTICLES = frozenset(["the", "a", "an", "its", "their", "his", "her", "your", "own", "just", "very", "quite"])
_NOISE = """
    this these slightly gently lightly gradually tightly loosely softly fully partly smoothly mostly usually there so bit only in
    more again do does did have has had where out off away itself themselves carefully gracefully naturally fluidly subtly visibly
    clearly unison deliberately firmly delicately rhythmically evenly fairly relatively somewhat simply now briefly completely continuously further
"""
#: Words without meaning for a claim, unless they belong to a phrase.
NOISE = frozenset(_NOISE.split())

#: Inflected words → base form and form.
FORMS = inflected(
    phrase.split()[0]
    for phrase, (cat, _) in PHRASES.items()
    if cat in (Cat.VERB, Cat.BE, Cat.STAY) or phrase in ("start", "begin", "end", "finish")
)


class Entry(NamedTuple):
    """A phrase of the lexicon: what it does, what it means, and which of its words must be participles."""

    cat: Cat
    value: Any
    participles: tuple[bool, ...]


def _in_base_forms() -> dict[tuple[str, ...], Entry]:
    out: dict[tuple[str, ...], Entry] = {}
    for phrase, (cat, value) in PHRASES.items():
        words = [word for word in phrase.split() if word not in ARTICLES]
        forms = [FORMS.get(word, (word, Form.BASE)) for word in words]
        key = tuple(base for base, _ in forms)
        entry = Entry(
            cat,
            value,
            tuple(form is Form.PARTICIPLE and word not in BOTH_FORMS for word, (_, form) in zip(words, forms)),
        )
        assert out.get(key, entry) == entry, phrase
        out[key] = entry
    return out


#: Words in base forms → phrase.
PHRASES_BY_WORDS = _in_base_forms()
#: Length in words of the longest phrase that begins with a word.
LONGEST_FROM: dict[str, int] = {}
for _words in PHRASES_BY_WORDS:
    LONGEST_FROM[_words[0]] = max(len(_words), LONGEST_FROM.get(_words[0], 0))
