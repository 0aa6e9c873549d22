"""An aggregation operator as the rest of the package sees it, and the decorator that registers one.

Importing this module does not import JAX: training code may decorate its functions at no cost.
"""

from __future__ import annotations

import difflib
import inspect
import itertools
import math
import reprlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from numbers import Integral
from types import CodeType
from typing import Any, TypeVar, overload

from axiomkd.core import layout as layouts
from axiomkd.core.errors import UsageError
from axiomkd.core.layout import EACH, NONE, ONE, PLAIN, TEMPERATURES, Call, parameters

F = TypeVar("F", bound=Callable)
BACKENDS = ("jax", "numpy", "torch")
FORMS = ("probabilities", "logits", "log-probabilities")
LONGEST = 2_000  # characters of a name
LOSS = "loss"
MOST = 100_000  # sizes that an operator may name
MOST_OPERATORS = 10_000  # that one registration makes of its parameters


@dataclass(frozen=True)
class Operator:
    """A(P, w[, T]): P is (K, C) with rows on the simplex, w is (K,) on the simplex, the result is (C,).

    `fn` is what the user wrote, parameters bound, as a function of one panel; `call` is how what was written is called.
    `inputs`/`outputs` say whether it speaks probabilities, logits or log-probabilities; or that what was written is a loss, whose
    target is judged. `settled`: whether it is known how it is
    called, or is to be found out; `assumed` is what was found out, name -> value as text.
    `K` and `C` list the sizes it supports (None: all). `takes_temperature`: it softens the teachers itself;
    `each_temperature`: it takes a temperature for each of them, Ts of shape (K,), in the place of one T. `default_temperature`
    is the default value of T, or of all of Ts, if there is one; `constants` are the further parameters that keep a default,
    name -> value as text.
    """

    name: str
    fn: Callable[..., Any]
    takes_temperature: bool = False
    each_temperature: bool = False
    default_temperature: float | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    domain: str = "closed"
    inputs: str = "probabilities"
    outputs: str = "probabilities"
    K: tuple[int, ...] | None = None
    C: tuple[int, ...] | None = None
    backend: str | None = None
    claims: str | Mapping[str, Sequence[str]] | None = None
    file: str = ""
    line: int = 0
    target: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    call: Call = field(default_factory=Call)
    settled: bool = False
    assumed: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_loss(self) -> bool:
        """Whether what was written is a loss of a student."""
        return self.outputs == LOSS

    @property
    def takes_logs(self) -> bool:
        """Whether it is handed the logarithms of the probabilities."""
        return self.inputs != "probabilities"

    @property
    def has_weights(self) -> bool:
        """Whether it is handed weights at all."""
        return self.call.weights != NONE

    def supports(self, K: int, C: int) -> bool:
        """Whether the operator accepts K teachers and C classes."""
        return (self.K is None or K in self.K) and (self.C is None or C in self.C)

    def small_sizes(self, *usual: tuple[int, int]) -> list[tuple[int, int]]:
        """Those of the usual sizes that it supports; where it supports none of them, the least (K, C) that it does."""
        return [size for size in usual if self.supports(*size)] or [(_least(self.K, 2), _least(self.C, 3))]


def _least(sizes: tuple[int, ...] | None, usual: int) -> int:
    """The usual number where it is supported, else the least that claims speak of, else the least."""
    if sizes is None or usual in sizes:
        return usual
    return min((n for n in sizes if n >= 2), default=min(sizes))


def told(operator: Operator) -> dict[str, str]:
    """How its function is called, as far as that is not A(P, w, T) on probabilities: name -> value as text."""
    call = operator.call
    ways = {
        "layout": (str(call.layout), PLAIN),
        "weights": (call.weights, "K"),
        "temperature": (call.one or ONE, ONE),
        "temperatures": (call.each or EACH, EACH),
        "given": (", ".join(call.given), ""),
        "inputs": (operator.inputs, FORMS[0]),
        "outputs": (operator.outputs, FORMS[0]),
    }
    return {name: value for name, (value, usual) in ways.items() if value != usual}


# Registrations in the order they ran. The loader keeps those made by the file it loads: `module` and `file` are those of
# the caller, so an operator imported from elsewhere is not registered twice.
REGISTERED: list[Operator] = []


@overload
def operator(fn: F, /) -> F: ...
@overload
def operator(
    fn: F,
    /,
    *,
    name: str | None = None,
    claims: str | Mapping[str, Any] | None = None,
    domain: str = "closed",
    inputs: str = "probabilities",
    outputs: str | None = None,
    K: int | Iterable[int] | None = None,
    C: int | Iterable[int] | None = None,
    backend: str | None = None,
    params: Mapping[str, Sequence[Any]] | None = None,
    layout: str | None = None,
    weights: str | None = None,
    temperature: str | None = None,
    temperatures: str | None = None,
    given: Mapping[str, Any] | None = None,
) -> F: ...
@overload
def operator(
    *,
    name: str | None = None,
    claims: str | Mapping[str, Any] | None = None,
    domain: str = "closed",
    inputs: str = "probabilities",
    outputs: str | None = None,
    K: int | Iterable[int] | None = None,
    C: int | Iterable[int] | None = None,
    backend: str | None = None,
    params: Mapping[str, Sequence[Any]] | None = None,
    layout: str | None = None,
    weights: str | None = None,
    temperature: str | None = None,
    temperatures: str | None = None,
    given: Mapping[str, Any] | None = None,
) -> Callable[[F], F]: ...
def operator(fn=None, /, **options):
    """Register an aggregation operator, and return it unchanged.

    Use it bare (`@operator`), with arguments (`@operator(name="log-pool", claims="log")`), or on a callable with state
    (`operator(Attention(...), name="attention")`). Raises UsageError on an unknown argument or value.
    """
    if fn is None:
        return partial(_register, options=options, depth=1)
    return _register(fn, options=options, depth=2)


def _register(fn, *, options: Mapping[str, Any], depth: int):
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise UsageError(_unknown(unknown))
    frame = sys._getframe(depth)
    file, line = frame.f_globals.get("__file__", ""), frame.f_lineno
    made = describe(fn, **options)
    file, line = _place(fn, file or made.file, line)
    REGISTERED.extend(replace(one, file=file, line=line) for one in expand(made, options.get("params")))
    return fn


MEANT = {"profile": "claims", "requires": "claims", "backends": "backend", "output": "outputs", "input": "inputs"}


def _unknown(names: Sequence[str]) -> str:
    near = {one: MEANT.get(one) or next(iter(difflib.get_close_matches(one, OPTIONS, 1)), "") for one in names}
    meant = " ".join(f"Did you mean {close}=…?" for close in dict.fromkeys(near.values()) if close)
    return f"operator(...) takes no {', '.join(names)}; it takes {', '.join(OPTIONS)}.{' ' + meant if meant else ''}"


def _place(fn, file: str, line: int) -> tuple[str, int]:
    """Where a reader should look: the function's own line when it is defined in the registering file."""
    code = getattr(inspect.unwrap(fn) if inspect.isfunction(fn) else fn, "__code__", None)
    if isinstance(code, CodeType) and code.co_filename == file:
        return file, code.co_firstlineno
    return file, line


def describe(
    fn: Callable[..., Any],
    *,
    name: str | None = None,
    claims: str | Mapping[str, Any] | None = None,
    domain: str = "closed",
    inputs: str = "probabilities",
    outputs: str | None = None,
    K: int | Iterable[int] | None = None,
    C: int | Iterable[int] | None = None,
    backend: str | None = None,
    params: Mapping[str, Sequence[Any]] | None = None,
    layout: str | None = None,
    weights: str | None = None,
    temperature: str | None = None,
    temperatures: str | None = None,
    given: Mapping[str, Any] | None = None,
) -> Operator:
    """The Operator of a callable and its registration arguments, parameters not yet bound. Raises UsageError."""
    if not callable(fn):
        raise UsageError(
            f"operator(...) needs a callable, got {fn!r}. Pass a function A(P, w) or an object with __call__."
        )
    name = _name(name or getattr(fn, "__name__", None) or _name_of_object(fn))
    _one_of(name, "domain", domain, ("closed", "interior"))
    _one_of(name, "inputs", inputs, FORMS)
    outputs = _one_of(name, "outputs", outputs or "probabilities", (*FORMS, LOSS))
    if backend is not None:
        _one_of(name, "backend", backend, BACKENDS)
    backend = "torch" if backend is None and is_module(fn) else backend
    call = _call(fn, name, (layout, weights, temperature, temperatures, given), params or {}, loss=outputs == LOSS)
    named, default = _temperature(fn, name, call)
    return Operator(
        name=name,
        fn=layouts.panel(fn, call, loss=outputs == LOSS),
        call=call,
        settled=layout is not None or weights is not None,
        takes_temperature=named is not None,
        each_temperature=named == EACH,
        default_temperature=default,
        constants=_constants(fn, call, before=outputs == LOSS),
        domain=domain,
        inputs=inputs,
        outputs=outputs,
        K=_sizes(name, "K", K),
        C=_sizes(name, "C", C),
        backend=backend,
        claims=_claims(name, claims),
        file=_file(fn),
    )


OPTIONS = tuple(name for name in inspect.signature(describe).parameters if name != "fn")


def expand(made: Operator, params: Mapping[str, Sequence[Any]] | None) -> list[Operator]:
    """One operator a combination of parameter values, named `power[alpha=2]`."""
    if not params:
        return [made]
    if not isinstance(params, Mapping):
        raise UsageError(
            f"`{made.name}`: params={reprlib.repr(params)} will not do; give a mapping name → list of values."
        )
    several: list[list[tuple[str, Any]]] = []
    for key, values in params.items():
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise UsageError(f"`{made.name}`: params[{key!r}] is {values!r}; give a list of values.")
        # No more than could be used is taken: what is given may have no end.
        several.append([(key, value) for value in itertools.islice(values, MOST_OPERATORS + 1)])
    if math.prod(map(len, several)) > MOST_OPERATORS:
        raise UsageError(
            f"`{made.name}`: params make more than {MOST_OPERATORS:,} operators. Give fewer values, or register parts of them in "
            "files of their own."
        )
    return [_bind(made, dict(pairs)) for pairs in itertools.product(*several)]


def _bind(made: Operator, values: dict[str, Any]) -> Operator:
    label = " ".join(",".join(f"{key}={value}" for key, value in values.items()).split())
    constants = {name: value for name, value in made.constants.items() if name not in values}
    return replace(
        made,
        name=_name(f"{made.name}[{' '.join(label.split())}]"),
        fn=partial(made.fn, **values),
        params=values,
        constants=constants,
    )


def is_module(fn: Any) -> bool:
    """Whether a callable is a `torch.nn.Module`, or one with arguments bound. torch is not imported to find out."""
    inner = fn.func if isinstance(fn, partial) else fn
    return any(
        kind.__module__ == "torch.nn.modules.module" and kind.__name__ == "Module" for kind in type(inner).__mro__
    )


def _file(fn) -> str:
    code = getattr(fn, "__code__", None)
    return code.co_filename if isinstance(code, CodeType) else ""


def _name_of_object(fn) -> str:
    inner = fn.func if isinstance(fn, partial) else fn
    return getattr(inner, "__name__", None) or type(inner).__name__.lower()


def _name(given: object) -> str:
    """A name as reports, terminals and file names bear it. Raises UsageError where one of them would not."""
    name = str(given)
    if not name.isprintable() or len(name) > LONGEST:
        shown = ascii(name[:LONGEST]) + ("…" if len(name) > LONGEST else "")
        raise UsageError(f"{shown} is no name: one has at most {LONGEST} printable characters. Give another: name=….")
    return name


def _one_of(name: str, key: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise UsageError(f"`{name}`: {key}={value!r} is not one of {', '.join(map(repr, allowed))}.")
    return value


def _sizes(name: str, key: str, value) -> tuple[int, ...] | None:
    if value is None:
        return None
    found = list(itertools.islice(value, MOST + 1)) if isinstance(value, Iterable) else [value]
    if len(found) > MOST:
        raise UsageError(f"`{name}`: {key} names more than {MOST} sizes. Where it supports all, leave {key} out.")
    if not found or not all(_is_size(n) for n in found):
        raise UsageError(f"`{name}`: {key}={value!r} must be a positive int, a range or a list of positive ints.")
    return tuple(dict.fromkeys(int(n) for n in found))


def _is_size(n: object) -> bool:
    return isinstance(n, Integral) and not isinstance(n, bool) and int(n) >= 1


def _claims(name: str, claims: object) -> str | dict[str, tuple[str, ...]] | None:
    if claims is None or isinstance(claims, str):
        return claims
    found: dict[str, tuple[str, ...]] = {}
    for axiom, readings in claims.items() if isinstance(claims, Mapping) else [(None, None)]:
        several = (readings,) if isinstance(readings, str) else readings
        if not isinstance(axiom, str) or not isinstance(several, list | tuple | set | frozenset):
            raise UsageError(_wrong_claims(name, claims))
        if not all(isinstance(one, str) for one in several):
            raise UsageError(_wrong_claims(name, claims))
        found[axiom] = tuple(sorted(several)) if isinstance(several, set | frozenset) else tuple(several)
    return found


def _wrong_claims(name: str, claims: object) -> str:
    return (
        f"`{name}`: claims={reprlib.repr(claims)} will not do: claims must be a profile's name or a mapping axiom → readings, such "
        'as {"convexity": "hull"}.'
    )


Asked = tuple[str | None, str | None, str | None, str | None, Mapping[str, Any] | None]


def _call(fn, name: str, asked: Asked, params: Mapping[str, Any], *, loss: bool = False) -> Call:
    """How a function is called, of what was said of it: layout, weights, temperature, temperatures and given, each or None. A
    `loss` takes its student first."""
    layout, weights, one, each, given = asked
    found = parameters(fn)
    axes = _layout(name, PLAIN if layout is None else layout)
    _named(name, "temperature", one, found)
    _named(name, "temperatures", each, found)
    for key in given or {}:
        _named(name, "given", key, found)
    # Where the user names one of the two, a parameter called as the other is usually is one of the user's own.
    heat = (one or (None if each else ONE), each or (None if one else EACH))
    other = {*heat, *(given or {}), *params}
    if weights is None:
        weights = NONE if _without_weights(dict(list(found.items())[loss:]), other) else "K"
    elif weights not in layouts.WEIGHTS:
        raise UsageError(f"`{name}`: weights={weights!r} is not one of {', '.join(map(repr, layouts.WEIGHTS))}.")
    elif "B" in weights.split() and not axes.batched:
        raise UsageError(f'`{name}`: weights={weights!r} has an axis B of panels, and layout="{axes}" has none.')
    of_all, of_each = (key if key in TEMPERATURES or key in found else None for key in heat)
    return Call(axes, weights, of_all, of_each, dict(given or {}))


def _layout(name: str, text: object) -> layouts.Layout:
    try:
        return layouts.layout(str(text))
    except ValueError:
        examples = ", ".join(f'"{one}"' for one in layouts.EXAMPLES)
        raise UsageError(
            f"`{name}`: layout={text!r} is not one of {examples}, or another order of these axes: K teachers, C classes, B "
            "panels of a batch; in brackets the entries of a list with one for each teacher."
        ) from None


def _named(name: str, key: str, value: object, found: Mapping[str, inspect.Parameter]) -> None:
    """Raises UsageError where a parameter is named that the function has not."""
    if value is None:
        return
    any_name = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in found.values())
    if not isinstance(value, str) or (found and value not in found and not any_name):
        near = next(iter(difflib.get_close_matches(str(value), list(found), 1)), "")
        raise UsageError(
            f"`{name}`: {key} names {value!r}, and the function's parameters are {', '.join(found) or 'none'}."
            f"{f' Did you mean {near!r}?' if near else ''}"
        )


def _without_weights(found: Mapping[str, inspect.Parameter], other: Iterable[str | None]) -> bool:
    """Whether nothing is left beside the teachers that could take weights: a parameter that is a number, a flag or a word by
    default is a setting of the function's own."""
    if not found or any(one.kind is inspect.Parameter.VAR_POSITIONAL for one in found.values()):
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    left = [one for name, one in found.items() if one.kind in positional and name not in set(other)]
    return len(left) == 1 or (len(left) > 1 and isinstance(left[1].default, bool | int | float | str))


def _temperature(fn, name: str, call: Call) -> tuple[str | None, float | None]:
    """Which of T and Ts it takes, under whatever name, and its default. Callables without a signature take none."""
    found = parameters(fn)
    named = [kind for kind, own in ((ONE, call.one), (EACH, call.each)) if own in found]
    if len(named) > 1:
        raise UsageError(
            f"`{name}` takes both {call.one} and {call.each}. Name one of them: T for all teachers, or Ts for each of them."
        )
    if not named:
        return None, None
    own = call.one if named[0] == ONE else call.each
    default = found[str(own)].default
    if default is inspect.Parameter.empty or default is None:
        return named[0], None
    return named[0], _default_of_each(default) if named[0] == EACH else _default_of_one(default, name, str(own))


def _default_of_one(default: Any, name: str, own: str) -> float:
    try:
        return float(default)
    except (TypeError, ValueError):
        raise UsageError(
            f"`{name}`: {own}={default!r} is not a number. Give {own} a numeric default such as {own}=1.0."
        ) from None


def _default_of_each(default: Any) -> float | None:
    """The one number that all of Ts are by default; None where they differ, or are no numbers: that is not judged."""
    try:
        several = {float(one) for one in (default if isinstance(default, Iterable) else [default])}
    except (TypeError, ValueError):
        return None
    return several.pop() if len(several) == 1 else None


def _constants(fn, call: Call, *, before: bool = False) -> dict[str, str]:
    """The parameters after the teachers and the weights, temperature and given ones apart, that have a default: every call leaves
    them as they are. `before`: one parameter stands before the teachers."""
    taken = {call.one, call.each, *call.given}
    return {
        one.name: _shown(one.default)
        for one in list(parameters(fn).values())[before + (1 if call.weights == NONE else 2) :]
        if one.name not in taken and one.default is not one.empty
    }


def _shown(value: Any) -> str:
    """A value as text, short and the same in every run."""
    kind = f"a {type(value).__name__}"
    if not isinstance(value, bool | int | float | complex | str | tuple | list | dict | type(None)):
        return kind  # it may print its address, or a thousand numbers
    text = reprlib.repr(value)
    return kind if " at 0x" in text else text
