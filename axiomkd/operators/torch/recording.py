"""A PyTorch function run on tensors without values, every aten operation that it makes written down.

A branch on a value cannot be taken here, nor can a value be read: both raise, so nothing is frozen into the graph in silence.
Sizes may be symbolic: a question about one then raises too. It does not know what an operation means.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import sympy
import torch
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensor,
    FakeTensorMode,
    UnsupportedOperatorException,
)
from torch.fx.experimental.symbolic_shapes import DimDynamic, ShapeEnv, StatelessSymbolicContext
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_map_only

from axiomkd.core.package import PACKAGE
from axiomkd.operators.torch import questions
from axiomkd.operators.torch.calling import defaults
from axiomkd.operators.torch.open_sizes import OpenSizes
from axiomkd.operators.torch.widening import Widening
from axiomkd.tracing.aten.graph import Graph, Meta, Node, Ref, Size, Untranslated

LIBRARY = str(Path(torch.__file__).parent)
HINTS = (11, 13)  # of K and C where they are symbolic: sizes that no operator is written for
# They change what a tensor is called and no number in it.
NO_WRITE = frozenset({"squeeze_", "unsqueeze_", "t_", "transpose_", "detach_", "requires_grad_"})
# Arguments that say where and how a tensor is kept, and not what is in it; the dtype is told by the result's.
KEPT = frozenset({"dtype", "layout", "device", "pin_memory", "memory_format", "non_blocking", "copy", "implicit"})
# Questions about tensors that no result depends on; of a matrix without an inverse the numbers speak themselves.
SILENT = frozenset({"aten::_linalg_check_errors", "aten::promote_types", "aten::result_type", "aten::can_cast"})
VALUES = "a branch on a value, or a number taken out of a tensor (`.item()`, `float(…)`, `if …`)"
MASK = "entries taken by a mask: how many they are depends on values"
OUTSIDE = (
    "it writes into a tensor from outside: make the tensor in the function, or work on its `.clone()` (a module that counts its "
    "calls, as BatchNorm does, goes into eval mode by `.eval()`)"
)
SWALLOWED = "it handles what a call of PyTorch raises without values"
READ = "it leaves PyTorch on the way (`.numpy()`, `.tolist()`, another library)"


class Drawn(Untranslated):
    """The function draws random numbers."""


class Writes(Exception):
    """An operation changes a tensor in place. It is raised when the function is done, and never goes through its own lines: there
    it could be caught, and is taken for an exception that the function handles."""


def record(
    fn: Callable[..., Any], sizes: Sequence[int | None], names: Sequence[str], each: bool = False, student: bool = False
) -> Graph:
    """The graph of fn(P, w[, T]) at K and C, None where one is symbolic; `names` is () or the name of the temperature's parameter,
    which gets one number, or (`each`) one a teacher. `student`: of fn(z, P, w[, T]), z (C,). Raises Untranslated."""
    # Where each instruction is followed, what is given up on meta tensors would pass for an exception that the function catches.
    unseen = sys.gettrace() is None
    for functional in False, True:
        try:
            if None not in sizes and unseen:
                try:
                    return _recorded(fn, sizes, names, each, functional, bare=True, student=student)
                except Untranslated as e:
                    if isinstance(e, Drawn):
                        raise
            return _recorded(fn, sizes, names, each, functional, bare=False, student=student)
        except Writes:
            continue
    raise Untranslated("it writes in place in a way that cannot be undone")


def _recorded(
    fn: Callable[..., Any],
    sizes: Sequence[int | None],
    names: Sequence[str],
    each: bool,
    functional: bool,
    bare: bool,
    student: bool,
) -> Graph:
    """`bare`: on meta tensors, which are ten times as fast as fake ones; these know more operations, and symbolic sizes."""
    env = ShapeEnv() if None in sizes else None
    mode = nullcontext() if bare else FakeTensorMode(allow_non_fake_inputs=True, shape_env=env)
    P, letters = _panel(mode, sizes)
    with mode:
        w = P.new_empty(P.shape[0])
        named = {name: P.new_empty(P.shape[0] if each else ()) for name in names}
        before = [P.new_empty(P.shape[1])] if student else []
    recorder, raised = Recorder(letters, functional, bare), Raised()
    inputs = tuple(recorder.enter(x) for x in (*before, P, w, *named.values()))
    fn = torch.func.functionalize(fn) if functional else fn
    try:
        with (
            nullcontext([]) if env is None else questions.told(fn) as texts,
            defaults(),
            torch.no_grad(),
            mode,
            recorder,
            nullcontext() if env is None else OpenSizes(),
            Widening(),
            raised,
            unquestioned(),
        ):
            q = fn(*before, P, w, **named)
    except (Exception, SystemExit) as e:
        if recorder.wrote:
            raise Writes from e
        if isinstance(e, Untranslated):
            raise
        raise _explained(e, recorder) from e
    if recorder.wrote:
        raise Writes
    if raised.first is not None:
        lacking = raised.first if isinstance(raised.first, Untranslated) else _explained(raised.first, recorder)
        raise Untranslated(f"{SWALLOWED} ({lacking.primitive})", lacking.where)
    if env is not None:
        asked = next((str(one.expr) for one in env.guards if not questions.always(one.expr, letters)), "")
        if asked or env.replacements:
            raise Untranslated(f"it asks for the value of a size ({asked or 'which is then fixed'})")
        if texts:
            raise Untranslated("it asks for the text of a size, or what else it has")
    if not isinstance(q, torch.Tensor):
        raise Untranslated(f"it returns {type(q).__name__} and no tensor")
    return Graph(inputs, recorder.constants, tuple(recorder.nodes), recorder.number(q))


class Raised(TorchFunctionMode):
    """`first`: what a call of PyTorch that is not ours raised first, Widening apart. A function that returns all the same has
    handled it, and with values, where nothing may be raised, it can be another function."""

    first: Exception | None = None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        try:
            return func(*args, **(kwargs or {}))
        except Exception as e:
            if self.first is None and not _is_ours():
                self.first = e
            raise


def _is_ours() -> bool:
    """Whether axiomkd's own code asks, as whoever notes the inputs of a call does, and not the user's through PyTorch's."""
    frame = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith(LIBRARY):
        frame = frame.f_back
    return frame is not None and _is_of_the_package(frame.f_code.co_filename)


def _is_of_the_package(name: str) -> bool:
    return name.startswith(str(PACKAGE)) and "/zoo/" not in name


@contextmanager
def unquestioned() -> Iterator[None]:
    """Distributions take their parameters as they are: to look at them is a branch on values, and with values torch does look."""
    base: Any = getattr(sys.modules.get("torch.distributions.distribution"), "Distribution", None)
    if base is None:
        yield
        return
    before = base._validate_args
    base.set_default_validate_args(False)
    try:
        yield
    finally:
        base.set_default_validate_args(before)


def _panel(mode: Any, sizes: Sequence[int | None]) -> tuple[torch.Tensor, dict[str, str]]:
    """A tensor (K, C) without values, and the letters of its symbolic sizes."""
    if None not in sizes:
        device = "cpu" if isinstance(mode, FakeTensorMode) else "meta"
        with mode:
            return torch.empty([int(n or 0) for n in sizes], dtype=torch.float64, device=device), {}
    real = torch.zeros([hint if n is None else n for n, hint in zip(sizes, HINTS, strict=True)], dtype=torch.float64)
    kinds = [DimDynamic.STATIC if n is not None else DimDynamic.DYNAMIC for n in sizes]
    P = mode.from_tensor(real, symbolic_context=StatelessSymbolicContext(dynamic_sizes=kinds))
    letters = {str(n.node.expr): letter for n, letter in zip(P.shape, "KC", strict=True) if isinstance(n, torch.SymInt)}
    return P, letters


def _explained(e: BaseException, recorder: Recorder) -> Untranslated:
    text = str(e)
    if isinstance(e, DataDependentOutputException) or "data-dependent" in text or "unbacked" in text:
        return Untranslated(VALUES, recorder.last)
    if isinstance(e, DynamicOutputShapeException):
        return Untranslated(MASK, recorder.last)
    if isinstance(e, UnsupportedOperatorException):
        return Untranslated(f"PyTorch cannot say what `{e.func}` gives without values", recorder.last)
    if "not supported for tensor subclasses" in text or "data pointer" in text or "can't convert" in text.lower():
        return Untranslated(READ, _line_of(e) or recorder.last)
    if "INTERNAL ASSERT FAILED" in text:  # of torch itself, by a tensor with values that is handed what has none
        return Untranslated(OUTSIDE, _line_of(e) or recorder.last)
    told = (text.splitlines() or [""])[0][:120]
    return Untranslated(f"without values it raises {type(e).__name__}: {told}", _line_of(e) or recorder.last)


class Recorder(TorchDispatchMode):
    """Notes the operations under it; `last` is the line of the user's that made the latest. `wrote`: one changes a tensor in place,
    which is not noted, nor is what comes after it."""

    def __init__(self, letters: dict[str, str], functional: bool, bare: bool) -> None:
        super().__init__()
        self.letters, self.functional, self.bare = letters, functional, bare
        self.nodes: list[Node] = []
        self.constants: dict[int, tuple[np.ndarray, str]] = {}
        self.last: str | None = None
        self.wrote = False
        self._numbers: dict[int, int] = {}
        self._held: list[torch.Tensor] = []  # an id is one tensor's only as long as it lives

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # else torch's compiler, which nothing here uses, is imported for seconds

    def enter(self, x: torch.Tensor) -> int:
        """A new number for a tensor, or for what it is from now on."""
        self._held.append(x)
        self._numbers[id(x)] = len(self._held)
        return len(self._held)

    def number(self, x: torch.Tensor) -> int:
        """The number of a tensor: one that the function made or was given, or a constant from outside."""
        if id(x) in self._numbers:
            return self._numbers[id(x)]
        if isinstance(x, FakeTensor) or x.is_meta:
            raise Untranslated("it keeps a tensor of one call for the next", self.last)
        found = self.enter(x)
        self.constants[found] = _values(x), _dtype(x.dtype)
        return found

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func._schema.name in SILENT or func.namespace == "prim":
            return func(*args, **kwargs)
        self.last = _line()
        if self.bare and torch.is_autocast_enabled("cpu"):
            raise Untranslated("it casts by `autocast`, which passes meta tensors over", self.last)
        name = func._schema.name.partition("::")[2]
        if torch.Tag.nondeterministic_seeded in func.tags:
            raise Drawn(f"it draws random numbers (`{name}`)", self.last)
        own = func._schema.is_mutable and name not in NO_WRITE
        if own and not (name.endswith("_") and self._is_alone(args[0])):
            self._writes(name, args[0])
        read = {one.name: x for one, x in zip(func._schema.arguments, args, strict=False)} | kwargs
        if name == "_local_scalar_dense" and not self._is_empty(args[0]):
            with _disable_current_modes():  # a number that a parameter or a constant holds
                return func(*args)
        given = {} if self.wrote else {n: self._argument(x) for n, x in read.items() if n not in KEPT and x is not None}
        if self.bare:
            args, kwargs = tree_map_only(torch.Tensor, self._emptied, (args, kwargs))
            if any(one.name == "device" for one in func._schema.arguments):
                kwargs = kwargs | {"device": torch.device("meta")}
        out = func(*args, **kwargs)
        if self.wrote:
            return out
        several = out if isinstance(out, tuple | list) else (out,)
        if not all(isinstance(one, torch.Tensor) for one in several):
            raise Untranslated(f"PyTorch's `{name}` gives what is no tensor", self.last)
        metas = tuple(Meta(tuple(map(self._size, one.shape)), _dtype(one.dtype)) for one in several)
        name = (
            name.removesuffix("_") if func._schema.is_mutable else name
        )  # from now on the tensor is what the operation gives
        if func.namespace != "aten":
            name = f"{func.namespace}::{name}"
        self.nodes.append(Node(name, given, tuple(self.enter(one) for one in several), metas, self.last))
        return out

    def _writes(self, name: str, into: Any) -> None:
        """An operation that changes a tensor in place: it is noted, to be recorded without such, or cannot be."""
        if not self.functional:
            self.wrote = True
            return
        outside = isinstance(into, torch.Tensor) and not self._is_empty(into)
        undone = f"PyTorch's `{name}` writes in place in a way that cannot be undone"
        raise Untranslated(OUTSIDE if outside else undone, self.last)

    def _is_alone(self, x: Any) -> bool:
        """Whether a tensor is the function's own, and no other looks into its memory."""
        if not isinstance(x, torch.Tensor) or not self._is_empty(x):
            return False
        memory = x.untyped_storage()._cdata
        return all(one is x or one.untyped_storage()._cdata != memory for one in self._held if self._is_empty(one))

    def _is_empty(self, x: torch.Tensor) -> bool:
        return isinstance(x, FakeTensor) or x.is_meta

    def _emptied(self, x: torch.Tensor) -> torch.Tensor:
        if x.is_meta:
            return x
        with _disable_current_modes():
            return x.detach().to("meta")

    def _argument(self, x: Any) -> Any:
        match x:
            case torch.Tensor():
                return Ref(self.number(x))
            case list() | tuple():
                return [self._argument(one) for one in x]
            case torch.SymInt():
                return self._size(x)
            case torch.SymFloat() | torch.SymBool():
                raise Untranslated("it computes with a size as a number", self.last)
            case torch.dtype():
                return _dtype(x)
            case torch.Generator():
                raise Drawn("it draws random numbers", self.last)
        if x is None or isinstance(x, bool | int | float | str):
            return x
        raise Untranslated(f"an argument of the kind {type(x).__name__}", self.last)

    def _size(self, n: Any) -> int | Size:
        return self._expression(n.node.expr) if isinstance(n, torch.SymInt) else int(n)

    def _expression(self, e: Any) -> Any:
        match e:
            case sympy.Integer():
                return int(e)
            case sympy.Symbol() if str(e) in self.letters:
                return Size(self.letters[str(e)])
            case sympy.Add():
                return Size("+", tuple(map(self._expression, e.args)))
            case sympy.Mul():
                return Size("*", tuple(map(self._expression, e.args)))
            case sympy.Pow() if e.exp.is_Integer and 0 < int(e.exp) < 8:
                return Size("*", (self._expression(e.base),) * int(e.exp))
        name = type(e).__name__
        if name in ("FloorDiv", "CleanDiv", "Mod", "PythonMod"):
            return Size("%" if "Mod" in name else "//", tuple(map(self._expression, e.args)))
        raise Untranslated(f"it computes with sizes ({e})", self.last)


def _dtype(dtype: torch.dtype) -> str:
    name = str(dtype).removeprefix("torch.")
    if dtype.is_complex or name.startswith(("float8", "q")):
        raise Untranslated(f"it computes in {name}")
    return name


def _values(x: torch.Tensor) -> np.ndarray:
    """The numbers of a tensor from outside."""
    with _disable_current_modes(), torch.no_grad():
        if x.layout != torch.strided:
            raise Untranslated("it uses a sparse tensor")
        found = x.detach().cpu()
        return (found.to(torch.float32) if found.dtype in (torch.bfloat16, torch.float16) else found).numpy().copy()


def _line() -> str | None:
    """The user's file:line that is being run."""
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((LIBRARY, "<")) and not _is_of_the_package(name):
            return f"{name}:{frame.f_lineno}"
        frame = frame.f_back
    return None


def _line_of(e: BaseException) -> str | None:
    """The last line of the user's in an exception's traceback."""
    found, at = None, e.__traceback__
    while at is not None:
        name = at.tb_frame.f_code.co_filename
        if not name.startswith((LIBRARY, "<")) and not name.startswith(str(PACKAGE)):
            found = f"{name}:{at.tb_lineno}"
        at = at.tb_next
    return found
