"""Reads pickles of plain data without running anything that they ask for.

Python's own unpickler imports what a pickle names and calls it; narrowing ``find_class`` leaves holes (sub-types
given to ``_reconstruct``, object arrays, attribute setting through ``BUILD``). Here the opcodes are only *parsed* by
the standard library (:func:`pickletools.genops`) and interpreted by the small stack machine below. It knows no import
and no call: the five numpy names it admits are symbols, and arrays are made by :func:`numpy.frombuffer` from bytes
of exactly the length that their shape asks for.

Admitted: None, bool, int, float, str, bytes, list, tuple, dict with str keys, numpy arrays and scalars of kinds bool,
int, uint and float, written with pickle protocol 3, 4 or 5 by NumPy 1 or 2.
"""

from __future__ import annotations

import math
import pickletools
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from ..errors import InputError

MAX_BYTES = 16 * 2**20
MAX_OPCODES = 200_000
MAX_ITEMS = 100_000
MAX_DEPTH = 16
_MAX_INT_BYTES = 8
_NUMBERS_ONLY = "Only plain numbers are read: no object, text or structured arrays"


class RefusedPickleError(InputError):
    """A pickle that asks for more than plain data, or that is damaged."""


class _Symbol(Enum):
    """The names that a pickle of numpy arrays needs."""

    RECONSTRUCT = "_reconstruct"
    FROMBUFFER = "_frombuffer"
    SCALAR = "scalar"
    NDARRAY = "ndarray"
    DTYPE = "dtype"


# NumPy 2 renamed numpy.core to numpy._core; files of both are about.
_SYMBOLS = {
    ("numpy", "ndarray"): _Symbol.NDARRAY,
    ("numpy", "dtype"): _Symbol.DTYPE,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _Symbol.RECONSTRUCT for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _Symbol.SCALAR for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _Symbol.FROMBUFFER for core in ("core", "_core")},
}
_DTYPE_CODE = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248])")
_OBJECT_CODE = re.compile(r"[|]?O[48]?")


@dataclass
class _DType:
    code: str
    order: str = "="
    built: bool = False

    def numpy(self) -> np.dtype:
        return np.dtype(self.order.replace("|", "=") + self.code)


@dataclass
class _Array:
    """An array that ``_reconstruct`` promised; ``BUILD`` fills it: with numbers, or as a box around one object."""

    value: np.ndarray | None = None
    box: list[Any] | None = None


class _Mark:
    pass


_MARK = _Mark()


def loads(data: bytes, *, where: str = "pickle", max_bytes: int = MAX_BYTES, boxed: bool = False) -> Any:
    """The plain data that ``data`` holds; arrays are read-only and share the bytes.

    Args:
        data: one pickle, nothing behind it.
        where: file and entry, for messages.
        max_bytes: refuse longer pickles.
        boxed: the data must be in a 0-d object array, as :func:`numpy.savez` writes a dict; its content is returned.
            Object arrays are refused everywhere else.

    Raises:
        RefusedPickleError: naming the class or opcode asked for; nothing has been imported, called or made.

    >>> import pickle
    >>> loads(pickle.dumps({"fps": 30, "texts": ["a"]}))
    {'fps': 30, 'texts': ['a']}
    >>> loads(pickle.dumps(print), where="clips.npz, entry '7'")
    Traceback (most recent call last):
    ...
    handx_bench.data.restricted_pickle.RefusedPickleError: the pickle asks for 'builtins.print', which is not plain data (clips.npz, entry '7'). Do not open this file elsewhere; get it again from its publisher
    """
    if len(data) > max_bytes:
        raise RefusedPickleError(f"the pickle has {len(data)} bytes, at most {max_bytes} are read", where=where)
    machine = _Machine(where)
    top = machine.run(data)
    if boxed:
        if not (isinstance(top, _Array) and top.box is not None):
            raise machine.refuse("the pickle is no 0-d object array")
        top = top.box[0]
    return machine.resolve(top, 0)


class _Machine:
    def __init__(self, where: str) -> None:
        self.where = where
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.items = 0
        self.unfolded = 0  # bytes of arrays made so far
        self.limit = 0

    def refuse(self, what: str, fix: str = "") -> RefusedPickleError:
        return RefusedPickleError(what, where=self.where, fix=fix)

    def run(self, data: bytes) -> Any:
        end = -1
        self.limit = 2 * len(data)
        try:
            for count, (opcode, arg, position) in enumerate(pickletools.genops(data)):
                if count >= MAX_OPCODES:
                    raise self.refuse(f"the pickle has more than {MAX_OPCODES} opcodes")
                if opcode.name == "STOP":
                    end = position or 0
                    break
                self.step(opcode.name, arg)
        except RefusedPickleError:
            raise
        except (ValueError, IndexError, TypeError, KeyError, AttributeError, OverflowError) as error:
            # genops raises ValueError for damaged streams; the others are a stack that holds what it should not.
            reason = str(error)[:120]
            raise self.refuse(f"the pickle is damaged or truncated: {reason}", "Get the file again") from error
        if end < 0 or len(self.stack) != 1:
            raise self.refuse("the pickle is damaged or truncated", "Get the file again")
        if end != len(data) - 1:
            raise self.refuse(f"the pickle is followed by {len(data) - 1 - end} bytes that are not of it")
        return self.stack[0]

    def step(self, name: str, arg: Any) -> None:
        if name in _IGNORED:
            return
        if name in _LITERALS:
            if isinstance(arg, int) and arg.bit_length() > 8 * _MAX_INT_BYTES:
                raise self.refuse("the pickle holds an integer of more than 64 bits")
            self.stack.append(arg)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name]())
        elif name in _ACTIONS:
            _ACTIONS[name](self, arg)
        else:
            raise self.refuse(f"the pickle uses the opcode {name}, which plain data does not need")

    # stack

    def pop(self) -> Any:
        value = self.stack.pop()
        if value is _MARK:
            raise ValueError("a mark where a value should be")
        return value

    def pop_to_mark(self) -> list[Any]:
        for i in range(len(self.stack) - 1, -1, -1):
            if self.stack[i] is _MARK:
                values = self.stack[i + 1 :]
                del self.stack[i:]
                return values
        raise ValueError("no mark on the stack")

    def pop_tuple(self, size: int) -> None:
        values = [self.pop() for _ in range(size)]
        self.stack.append(tuple(reversed(values)))

    def remember(self, index: int | None) -> None:
        self.memo[len(self.memo) if index is None else index] = self.stack[-1]

    def recall(self, index: int) -> None:
        self.stack.append(self.memo[index])

    def extend(self, values: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not list:
            raise self.refuse(f"the pickle appends to a {_name(target)}, not to a list")
        target.extend(values)

    def set_items(self, values: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not dict or len(values) % 2:
            raise self.refuse(f"the pickle sets items of a {_name(target)}, not of a dict")
        for key, value in zip(values[::2], values[1::2]):
            if type(key) is not str:
                raise self.refuse(f"the pickle holds a dict key of type {_name(key)}, expected str")
            target[key] = value

    # numpy

    def name_symbol(self, module: Any, name: Any) -> None:
        symbol = _SYMBOLS.get((module, name)) if isinstance(module, str) and isinstance(name, str) else None
        if symbol is None:
            named = isinstance(module, str) and isinstance(name, str)
            asked = f"{module}.{name}" if named else "a nameless class"
            raise self.refuse(
                f"the pickle asks for {asked[:200]!r}, which is not plain data",
                "Do not open this file elsewhere; get it again from its publisher",
            )
        self.stack.append(symbol)

    def reduce(self) -> None:
        args, function = self.pop(), self.pop()
        if type(args) is not tuple:
            raise self.refuse("the pickle calls something without a tuple of arguments")
        match function, args:
            case _Symbol.RECONSTRUCT, (_Symbol.NDARRAY, (0,), bytes()):
                self.stack.append(_Array())
            case _Symbol.DTYPE, (str() as code, *_) if _DTYPE_CODE.fullmatch(code):
                order = code[0] if code[0] in "<>|=" else "="
                self.stack.append(_DType(code.lstrip("<>|="), order))
            case _Symbol.DTYPE, (str() as code, *_) if _OBJECT_CODE.fullmatch(code):
                self.stack.append(_DType("O"))
            case _Symbol.DTYPE, (code, *_):
                found = code[:40] if isinstance(code, str) else _name(code)
                raise self.refuse(f"the pickle holds an array of dtype {found!r}", _NUMBERS_ONLY)
            case _Symbol.SCALAR, (_DType() as dtype, bytes() as raw):
                self.stack.append(self.make_array((), dtype, "C", raw).item())
            case _Symbol.FROMBUFFER, (
                bytes() | bytearray() as raw,
                _DType() as dtype,
                tuple() as shape,
                order,
            ):
                self.stack.append(_Array(self.make_array(shape, dtype, order, raw)))
            case _:
                asked = function.value if isinstance(function, _Symbol) else _name(function)
                given = ", ".join(_name(value) for value in args[:8])
                raise self.refuse(f"the pickle calls {asked!r} with ({given}), which plain arrays do not use")

    def build(self) -> None:
        state, target = self.pop(), self.stack[-1]
        match target, state:
            case _Array(value=None, box=None), (int(), (), _DType(code="O"), bool(), [_] as box):
                target.box = box
            case _Array(value=None, box=None), (
                int(),
                tuple() as shape,
                _DType() as dtype,
                bool() as fortran,
                raw,
            ):
                target.value = self.make_array(shape, dtype, "F" if fortran else "C", raw)
            case _DType(built=False), (
                int(),
                "<" | ">" | "|" | "=" as order,
                None,
                None,
                None,
                int(),
                int(),
                int(),
            ):
                target.order, target.built = order, True
            case _:
                raise self.refuse(f"the pickle sets the state of a {_name(target)}, which plain data does not do")

    def make_array(self, shape: tuple[Any, ...], dtype: _DType, order: Any, raw: Any) -> np.ndarray:
        if dtype.code == "O" or not isinstance(raw, bytes | bytearray):
            raise self.refuse("the pickle holds an array of objects", _NUMBERS_ONLY)
        # bool is a subclass of int, and a negative size would let the product come out right. Nothing of the file
        # goes into a message before its type is known: the text of nested references may never end.
        if len(shape) > 32 or not all(type(n) is int and 0 <= n < 2**40 for n in shape):
            raise self.refuse("the pickle holds an array whose shape is not a few small numbers")
        numpy_dtype = dtype.numpy()
        expected = math.prod(shape) * numpy_dtype.itemsize
        if expected != len(raw):
            raise self.refuse(
                f"the pickle declares an array of shape {shape} and dtype {numpy_dtype} "
                f"({expected} bytes) but holds {len(raw)} bytes"
            )
        if order not in ("C", "F"):
            raise self.refuse("the pickle declares an array that is neither in C nor in Fortran order")
        # A buffer can be named again and again, and a copy be made of it each time.
        self.unfolded += len(raw)
        if self.unfolded > self.limit:
            raise self.refuse("the pickle unfolds to more bytes than it holds")
        array = np.frombuffer(bytes(raw), numpy_dtype) if raw else np.empty(0, numpy_dtype)
        if not numpy_dtype.isnative:  # numpy's own reader does the same
            array = array.astype(numpy_dtype.newbyteorder("="))
            array.flags.writeable = False
        return array.reshape(shape, order="F" if order == "F" else "C")

    # the end

    def resolve(self, node: Any, depth: int) -> Any:
        """A plain copy without symbols. Shared parts are visited each time: the walk, bounded here, is the walk that
        any reader of the result would make, so cycles and doubling references end it."""
        self.items += 1
        if depth > MAX_DEPTH:
            raise self.refuse(f"the pickle nests deeper than {MAX_DEPTH} levels")
        if self.items > MAX_ITEMS:
            raise self.refuse(f"the pickle unfolds to more than {MAX_ITEMS} items")
        if isinstance(node, list | tuple):
            return type(node)(self.resolve(child, depth + 1) for child in node)
        if isinstance(node, dict):
            return {key: self.resolve(value, depth + 1) for key, value in node.items()}
        if isinstance(node, _Array):
            if node.box is not None:
                raise self.refuse("the pickle holds an array of objects", _NUMBERS_ONLY)
            if node.value is None:
                raise self.refuse("the pickle holds an array without its numbers")
            return node.value
        if isinstance(node, _Symbol | _DType | _Mark):
            raise self.refuse(f"the pickle holds a {_name(node)} where data should be")
        return node


def _name(value: Any) -> str:
    if isinstance(value, _Symbol):
        return f"numpy {value.value}"
    kind = type(value).__name__
    return {"_Array": "array", "_DType": "dtype", "_Mark": "mark"}.get(kind, kind)


_IGNORED = frozenset({"PROTO", "FRAME"})
_LITERALS = frozenset(
    {
        "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT",
        "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8",
        "SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8",
    }
)  # fmt: skip
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "MARK": lambda: _MARK,
}
_ACTIONS: dict[str, Callable[[_Machine, Any], None]] = {
    "MEMOIZE": lambda m, _: m.remember(None),
    "BINPUT": lambda m, index: m.remember(index),
    "LONG_BINPUT": lambda m, index: m.remember(index),
    "BINGET": lambda m, index: m.recall(index),
    "LONG_BINGET": lambda m, index: m.recall(index),
    "TUPLE": lambda m, _: m.stack.append(tuple(m.pop_to_mark())),
    "TUPLE1": lambda m, _: m.pop_tuple(1),
    "TUPLE2": lambda m, _: m.pop_tuple(2),
    "TUPLE3": lambda m, _: m.pop_tuple(3),
    "APPEND": lambda m, _: m.extend([m.pop()]),
    "APPENDS": lambda m, _: m.extend(m.pop_to_mark()),
    "SETITEM": lambda m, _: m.set_items(list(reversed([m.pop(), m.pop()]))),
    "SETITEMS": lambda m, _: m.set_items(m.pop_to_mark()),
    "GLOBAL": lambda m, arg: m.name_symbol(*arg.split(" ", 1)),
    "STACK_GLOBAL": lambda m, _: m.name_symbol(*reversed([m.pop(), m.pop()])),
    "REDUCE": lambda m, _: m.reduce(),
    "BUILD": lambda m, _: m.build(),
}
