"""Whether a traced operator calls code that is no part of its trace while it runs: a callback into Python, a foreign function.

All else that a trace compiles to is a function of its inputs. It looks at names of primitives alone.
"""

from __future__ import annotations

from typing import Any

from axiomkd.tracing.work import inside

OUTSIDE = ("callback", "ffi_call", "custom_call", "infeed", "outfeed")


def calls_out(jaxpr: Any) -> bool:
    """Whether an equation of the jaxpr, or of those inside it, hands over to code that no trace shows."""
    return bool(jaxpr.effects) or any(
        any(name in eqn.primitive.name for name in OUTSIDE) or any(calls_out(one) for one in inside(eqn))
        for eqn in jaxpr.eqns
    )
