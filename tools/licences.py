"""Write the page of licences: what sunfront needs at run time, with the version and the licence that are installed.

``python tools/licences.py licences.md`` writes it; the build of the documentation calls it.
"""

from __future__ import annotations

import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sunfront.report.html import web_file


def needed(name: str, extra: str = "") -> dict[str, Distribution]:
    """Return what a package needs, directly or through others, by name; what is not installed is left out."""
    found: dict[str, Distribution] = {}
    waiting = [(name, frozenset({extra}))]
    while waiting:
        of, extras = waiting.pop()
        for text in distribution(of).requires or ():
            requirement = Requirement(text)
            key = canonicalize_name(requirement.name)
            if requirement.marker and not any(requirement.marker.evaluate({"extra": each}) for each in extras or {""}):
                continue
            if key in found:
                continue
            try:
                found[key] = distribution(requirement.name)
            except PackageNotFoundError:
                continue
            waiting.append((requirement.name, frozenset(requirement.extras) or frozenset({""})))
    return dict(sorted(found.items()))


def licence(of: Distribution) -> str:
    """Return the licence that a package states: its SPDX expression, or else its classifiers, or else a first line."""
    data: Any = of.metadata
    stated = data.get("License-Expression") or ", ".join(
        line.rpartition(" :: ")[2]
        for line in data.get_all("Classifier", [])
        if line.startswith("License :: OSI Approved :: ")
    )
    return stated or (data.get("License") or "not stated").splitlines()[0]


def page() -> str:
    """Return the page as Markdown."""
    return (
        "# Licences\n\nsunfront has the MIT license. These are the packages that it needs at run time, and what they "
        "need, as installed where this page was built.\n\n| package | version | licence |\n|---|---|---|\n"
        + "".join(f"| {name} | {of.version} | {licence(of)} |\n" for name, of in needed("sunfront").items())
        + "\nAn extra adds, with what it needs:\n\n| extra | package | version | licence |\n|---|---|---|---|\n"
        + "".join(_extra(extra) for extra in ("cluster", "cmaes", "maingo"))
        + f"\nThe pages that sunfront writes hold modules of d3:\n\n```text\n{web_file('LICENSE')}```\n"
    )


def _extra(extra: str) -> str:
    core = needed("sunfront")
    more = {name: of for name, of in needed("sunfront", extra).items() if name not in core}
    return "".join(f"| {extra} | {name} | {of.version} | {licence(of)} |\n" for name, of in more.items())


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), "utf-8")
