"""JAX's global switches, set in one place: float64, and the device when the user names one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from axiomkd.core.errors import UsageError


def prepare(device: str | None = None) -> None:
    """Turn float64 on for this process, and choose the device ("cpu", "gpu"; None leaves the choice to JAX).

    Raises UsageError where the device is not there.
    """
    import jax

    jax.config.update("jax_enable_x64", True)
    if device is None:
        return
    try:
        jax.config.update("jax_default_device", jax.devices(device)[0])
    except RuntimeError as e:
        raise UsageError(f"device {device}: JAX finds none here ({e}). Leave the device out, or choose cpu.") from e


@contextmanager
def float64(device: str | None = None) -> Iterator[None]:
    """JAX as the check needs it, and afterwards as the caller had it."""
    import jax

    before = {name: getattr(jax.config, name) for name in ("jax_enable_x64", "jax_default_device")}
    try:
        prepare(device)
        yield
    finally:
        for name, value in before.items():
            jax.config.update(name, value)


def device_name() -> str:
    """The platform that JAX runs on: cpu, gpu, tpu."""
    import jax

    default = jax.config.jax_default_device  # type: ignore[attr-defined]
    return default.platform if hasattr(default, "platform") else jax.default_backend()


# XLA may leave out a step through a narrower dtype, and does so in large batches and not in small ones: without this a function
# that rounds to bfloat16 has two values at one point.
FAITHFUL: tuple[tuple[str, Any], ...] = (("xla_allow_excess_precision", False),)
# Compiling is what a short search waits for. With these the CPU's compiler takes a quarter of its time on gradients, and half on
# the operators; the code runs somewhat slower. Not every jaxlib knows every one of them.
QUICK: tuple[tuple[str, Any], ...] = (("xla_backend_optimization_level", 0), ("xla_cpu_use_fusion_emitters", False))


def faithful_compile() -> dict[str, Any] | None:
    """Compiler options by which an operator has one value at a point, however many are computed at once."""
    return _taken(FAITHFUL)


def quick_compile() -> dict[str, Any] | None:
    """Compiler options that trade run time for compile time beside those, those that this jaxlib takes; on other devices than the
    CPU there are none."""
    return _taken(FAITHFUL + QUICK if device_name() == "cpu" else FAITHFUL)


@cache
def _taken(options: tuple[tuple[str, Any], ...]) -> dict[str, Any] | None:
    some = dict(options) if _takes(dict(options)) else {key: x for key, x in options if _takes({key: x})}
    return some or None


def _takes(options: dict[str, Any]) -> bool:
    import jax

    try:
        jax.jit(lambda x: x + 1, compiler_options=options)(1.0)
    except Exception:  # an unknown option is refused in ways that differ between versions
        return False
    return True
