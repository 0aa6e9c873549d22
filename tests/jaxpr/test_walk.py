"""The walker in a domain of its own: which primitives does an output depend on? It shows that no rule is built in."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import pytest

from axiomkd.tracing.walk import Rules as Domain
from axiomkd.tracing.walk import Unsupported, walk


class AnyPrimitive(Mapping):
    """Rules for every primitive but the calls: the names behind the inputs, and its own."""

    def __init__(self, *names: str):
        self.names = names

    def __getitem__(self, name):
        if name not in self.names:
            raise KeyError(name)

        def rule(equation, *inputs):
            met = frozenset({name}).union(*inputs)
            return [met] * len(equation.outvars) if equation.primitive.multiple_results else met

        return rule

    def __iter__(self):
        return iter(self.names)

    def __len__(self):
        return len(self.names)


def dependencies(f, *names: str) -> list[frozenset[str]]:
    jaxpr = jax.make_jaxpr(f)(1.0, 2.0)
    return walk(jaxpr, [frozenset({"a"}), frozenset({"b"})], Domain(lambda *_: frozenset(), AnyPrimitive(*names)))


@jax.custom_vjp
def custom(x):
    return jnp.sin(x)


custom.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (g,))


@pytest.mark.parametrize(
    "call",
    [jax.jit, jax.checkpoint, lambda f: lambda x: custom(f(x)), lambda f: jax.nn.relu, lambda f: f],
    ids=["jit", "checkpoint", "custom_vjp", "jax-own", "plain"],
)
def test_calls_are_walked_into(call):
    out = dependencies(lambda a, b: (call(jnp.sin)(a), b), "sin", "max")[0]
    assert "a" in out and len(out) > 1


def test_outputs_may_be_inputs_or_constants():
    assert dependencies(lambda a, b: (b, 3.0, a)) == [{"b"}, frozenset(), {"a"}]


def test_an_unknown_primitive_names_the_users_line():
    with pytest.raises(Unsupported) as error:
        dependencies(lambda a, b: jnp.sin(a) * b, "sin")
    assert error.value.primitive == "mul"
    assert error.value.where is not None and "test_walk.py:" in error.value.where
    assert "`mul`" in str(error.value) and error.value.where in str(error.value)


def test_a_line_within_jax_is_given_as_the_line_of_the_call():
    def first(a, b):
        return jnp.median(jnp.stack([a, b]))

    def second(a, b):
        return 1 + jnp.median(jnp.stack([a, b]))

    places = set()
    for f in (first, second):
        with pytest.raises(Unsupported) as error:
            dependencies(f, "broadcast_in_dim", "stack", "add", "concatenate")
        places.add(error.value.where)
    assert len(places) == 2
