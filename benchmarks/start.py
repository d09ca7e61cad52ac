"""Measure the CPU time of the commands that must feel instant, and of a bare interpreter.

python benchmarks/start.py
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

STUDY = Path(__file__).parents[1] / "studies" / "fleet_size.yaml"
CASES = {
    "python": ["-c", "pass"],
    "import numpy": ["-c", "import numpy"],
    "import sunfront": ["-c", "import sunfront"],
    "sunfront --help": ["-m", "sunfront.cli", "--help"],
    "sunfront validate": ["-m", "sunfront.cli", "validate", str(STUDY)],
}


def cpu(arguments: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    for name, arguments in CASES.items():
        print(f"{name:20} {min(cpu(arguments) for _ in range(5)):.2f} s")


if __name__ == "__main__":
    main()
