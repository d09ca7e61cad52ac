"""Exact certificates that are damaged or edited: refused, or they prove no more than they did."""

from __future__ import annotations

import gzip
import json
import random
import shutil
from functools import cache
from pathlib import Path
from typing import Any

from common import BOTH, UNCERTAIN, write_small
from trial import Refused, Trials, Wrong, damaged_bytes, refusals

from sunfront.analysis.check_certificate import FILE, check_run
from sunfront.analysis.check_certificate import Wrong as NotProved
from sunfront.analysis.exact_certificate import ExactProof, prove_exactly
from sunfront.errors import Unverified
from sunfront.runs import runner
from sunfront.runs.results import Results
from sunfront.study.study import Study

#: Altitudes of a catalogue; a range, over all of whose values bounds are proved.
TWO, WIDE = "{choices: [600, 690], unit: km}", "{low: 500 km, high: 800 km}"

VALUES: list[Any] = [None, 0, -1, 1, 2, 10**6, 1e-9, -1e30, True, "1", "", [], [0], {}, "nan", 1 << 70]


class CertificateTrials(Trials):
    name = "certificates"
    share = 150

    KINDS = (
        ("maximize roi", "", TWO),
        (BOTH, "", TWO),
        (BOTH, "", WIDE),
        ("maximize roi", "fleet_it_power >= 1 TW", TWO),
        ("maximize irr, maximize fleet_it_power", "", TWO),
        ("maximize mean npv, maximize cvar10 npv", "", TWO),
    )

    @cache  # noqa: B019
    def run(self, objectives: str, constraints: str, altitude: str) -> tuple[Path, ExactProof]:
        """A run with a certificate: an optimum, fronts, over all values, or a study that is infeasible."""
        engine = "pyomo, gap: 4 %, shells: 3"
        more = UNCERTAIN if "mean" in objectives else ""
        path = write_small(self.place, objectives, constraints, engine, altitude=altitude, more=more)
        results = runner.run(Study.load(path), output=self.place / "out")
        return results.folder, prove(results)

    def attempt(self, rng: random.Random) -> None:
        good, before = self.run(*rng.choice(self.KINDS))
        folder = self.place / "damaged" / good.name
        shutil.rmtree(self.place / "damaged", ignore_errors=True)
        shutil.copytree(good, folder)
        path = folder / FILE
        if rng.random() < 0.4:
            other = self.run(*rng.choice(self.KINDS))[0] / FILE if rng.random() < 0.1 else path
            how, content = damaged_bytes(rng, path.read_bytes(), other.read_bytes())
            path.write_bytes(content)
        else:
            data = json.loads(gzip.decompress(path.read_bytes()))
            how = edited(rng, data)
            path.write_bytes(gzip.compress(json.dumps(data).encode()))
        self.last = f"{good.parent.name}: {how}"
        try:
            check_run(folder)
        except NotProved:
            alone = False
        else:
            alone = True
        try:
            with refusals():
                try:
                    after = prove(Results.load(folder))
                except Unverified as error:  # what is wanted here
                    if FILE not in str(error):
                        raise Wrong(f"{self.last}: does not name the file: {error}") from None
                    raise Refused(str(error)) from None
        except Refused:
            raise
        if not alone:
            raise Wrong(f"{self.last}: refused by the stand-alone file, but not by sunfront")
        for now, then in ((after.gap, before.gap), (after.all_values, before.all_values)):
            if (now is None) != (then is None):
                raise Wrong(f"{self.last}: proves another thing")
            if now and then and now.relative < then.relative - 1e-6:
                raise Wrong(f"{self.last}: at most {now.relative} is missing, before {then.relative}")


def prove(results: Results) -> ExactProof:
    return prove_exactly(results, 60, lambda *_: None)


def edited(rng: random.Random, data: Any) -> str:
    """Change, remove, double or swap one part at a random place of the data; return what."""
    at, place = data, []
    while True:
        keys = sorted(at) if isinstance(at, dict) else list(range(len(at)))
        key = rng.choice(keys)
        place.append(key)
        inner = at[key]
        if not isinstance(inner, dict | list) or not inner or rng.random() < 0.1:
            break
        at = inner
    how = rng.choice(["value", "number", "number", "number", "removed", "doubled", "swapped"])
    if how == "number" and isinstance(inner, int | float) and not isinstance(inner, bool):
        at[key] = inner * rng.choice([-1, 0, 0.5, 0.999, 1.001, 2]) + rng.choice([0, 0, 1])
    elif how == "removed":
        del at[key]
    elif how == "doubled" and isinstance(at, list):
        at.insert(key, inner)
    elif how == "swapped":
        other = rng.choice(keys)
        at[key], at[other] = at[other], at[key]
    else:
        at[key] = rng.choice(VALUES)
    return f"{how} at {'.'.join(map(str, place))}"
