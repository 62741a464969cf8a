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
        for preset, value in CASES[name]():
            unit = "pairs/s" if name.endswith("pairs_per_s") else "s"
            print(json.dumps({"name": name, "preset": preset, "value": round(value, 5), "unit": unit}), flush=True)


if __name__ == "__main__":
    main()
