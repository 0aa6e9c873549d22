"""JAX's global switches, set in one place: float64, and the device when the user names one."""

from __future__ import annotations

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
        raise UsageError(
            f"--device {device}: JAX finds none here ({e}). Leave the option out, or use --device cpu."
        ) from e


def device_name() -> str:
    """The platform that JAX runs on: cpu, gpu, tpu."""
    import jax

    default = jax.config.jax_default_device  # type: ignore[attr-defined]
    return default.platform if hasattr(default, "platform") else jax.default_backend()
