"""Run the benchmarks: ``python -m benchmarks [name]``."""

import json
import os
import platform
import sys

from benchmarks.cases import CASES


def main() -> None:
    """Print the machine, then a line for each benchmark, or for the one that is named."""
    only = sys.argv[1:]
    unknown = set(only) - set(CASES)
    if unknown:
        sys.exit(f"Unknown benchmark {unknown.pop()!r}; there are: {', '.join(CASES)}")
    print(json.dumps({"machine": platform.processor() or platform.machine(), "cores": os.cpu_count()}), flush=True)
    for name in only or CASES:
        for preset, value, *beside in CASES[name]():
            line = {"name": name, "preset": preset, "value": round(value, 5), "unit": unit_of(name)}
            if beside:
                line |= compared(unit_of(name), value, *beside)
            print(json.dumps(line), flush=True)


def unit_of(name: str) -> str:
    """Unit of a case."""
    others = {
        "synthesize_pairs_per_s": "pairs/s",
        "batch_photos_per_s": "photos/s",
        "matrix_product_tflops": "TFLOP/s",
        "poisson_distance_mm": "mm",
    }
    return others.get(name, "s")


def compared(unit: str, value: float, peer: str, peer_value: float | None) -> dict[str, object]:
    """The peer's time or rate, and how many times faster we are."""
    if peer_value is None:
        return {"peer": peer, "skipped": "PyTorch is not installed: make peers"}
    ratio = value / peer_value if unit.endswith("/s") else peer_value / value
    return {"peer": peer, "peer_value": round(peer_value, 5), "ratio": round(ratio, 2)}


if __name__ == "__main__":
    main()
