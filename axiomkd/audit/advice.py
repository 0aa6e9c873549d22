from typing import Any
def offered(scan: Any) -> dict[str, Any]:
    return {}
