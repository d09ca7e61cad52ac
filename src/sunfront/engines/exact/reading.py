"""Which solver reads a problem: over a catalogue, in blocks, over samples, with roots, or over all values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from sunfront.engines.checkpoint import KeptFile
from sunfront.engines.context import Context
from sunfront.engines.exact.blocks import BlockedSolver, OptionBlocks, option_blocks
from sunfront.engines.exact.catalogue import Catalogue, build_catalogue, scope_of_all
from sunfront.engines.exact.each_choice import NONLINEAR
from sunfront.engines.exact.kept import keeping, name_of
from sunfront.engines.exact.mip import BuildMip, HighsMip, SolverOptions, mip_builder
from sunfront.engines.exact.roots import TRIAL_GAP, RootSolver, at_first_trial, has_root_objective
from sunfront.engines.exact.sample_trees import solver_over
from sunfront.engines.exact.sampled import ReadSamples, read_sampled
from sunfront.engines.exact.sifting import SiftingSolver
from sunfront.engines.exact.solver_protocol import ExactSolver, Solution
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import NonlinearEquation
from sunfront.problem.problem import Problem


@dataclass(frozen=True)
class Reading:
    """How a problem is solved.

    Attributes:
        build: Builds the solver, for the relative gap of its solves.
        scope: What a proof covers, for people.
        is_empty: No option of the catalogue can meet every constraint; nothing is to be solved.
        takes_long: A solve to a small gap takes long.
    """

    build: Callable[[float], ExactSolver]
    scope: str
    notes: tuple[str, ...] = ()
    is_empty: bool = False
    takes_long: bool = False


def read_problem(problem: Problem, settings: PyomoSettings, context: Context) -> Reading:
    """Read the equations for the solver of the settings; raises as ``read_with``."""
    kept = None if context.cluster else context.checkpoint.solves  # other hosts have other files
    is_plain = settings.solver == "highs" and _passed(settings) == SolverOptions()
    mip = mip_of(settings) if settings.is_over_catalogue and not is_plain else None

    def report(done: int, count: int) -> None:
        context.progress(done, count, f"block {done + 1} of {count} of the catalogue")

    return read_with(settings.solver, problem, settings.shells, mip, kept, report)


def read_with(
    solver: str,
    problem: Problem,
    shells: int,
    mip: BuildMip | None,
    kept: KeptFile | None = None,
    report: Callable[[int, int], None] = lambda done, count: None,
) -> Reading:
    """Read the equations for a solver.

    Args:
        shells: As of ``build_catalogue``, where the solver proves over a catalogue.
        mip: Builds the mixed-integer programs of a few options of a catalogue; None to solve them by trees.
        kept: The file in which solves are kept, if any.
        report: Called with the number of blocks read, of all.

    Raises:
        NonlinearEquation: The solver cannot represent the problem.
    """
    if problem.statistics:
        return _read_samples(solver, problem, shells, mip, kept)
    if solver in NONLINEAR:
        return Reading(partial(NONLINEAR[solver], problem, kept=kept), scope_of_all(problem), takes_long=True)
    first = at_first_trial(problem)
    blocks = option_blocks(problem, shells)
    if blocks is not None:
        return Reading(partial(_blocked_solver, first, shells, blocks, mip, kept, report), blocks.scope, blocks.notes)
    catalogue = build_catalogue(first, shells)
    build: Callable[[float], ExactSolver] = partial(_sifting_solver, catalogue, mip, kept)
    if has_root_objective(problem):
        build = partial(_root_solver, problem, shells, mip, kept)
    return _over(catalogue, build)


def gap_of_solves(problem: Problem, settings: PyomoSettings, read: Reading) -> float:
    """Relative gap of a solve. It is smaller than what may be missing in all, because the gaps of the solves add up."""
    if read.takes_long:
        return settings.gap / (2 if len(problem.objectives) == 1 else 10)
    # HiGHS decides a trial of a root exactly, so that a tight bound costs no more.
    return min(1e-6 if has_root_objective(problem) else 1e-4, settings.gap / 10)


def mip_of(settings: PyomoSettings) -> BuildMip:
    """What builds the mixed-integer programs of the settings' solver."""
    return mip_builder(settings.solver, _passed(settings))


def _passed(settings: PyomoSettings) -> SolverOptions:
    return SolverOptions(settings.solver_options, settings.threads, settings.log)


def _read_samples(solver: str, problem: Problem, shells: int, mip: BuildMip | None, kept: KeptFile | None) -> Reading:
    if solver in NONLINEAR:
        raise NonlinearEquation(f"{solver} takes no samples; highs does")
    if has_root_objective(problem):
        names = ", ".join(o.name for o in problem.objectives)
        raise NonlinearEquation(
            f"{names}: a root, such as irr, is no quotient of amounts in a sample; use a percentile of npv, or "
            "probability(npv >= 0 USD), at the rate that is asked for"
        )
    read = read_sampled(problem, shells)
    if not read.is_linear and mip is not None:
        raise NonlinearEquation(
            f"{', '.join(problem.statistics)}: trees over samples prove this, which take no other solver and no "
            "options of a solver; use `solver: highs` without solver_options, threads and log"
        )
    catalogue = read.joined().catalogue if read.is_linear else read.catalogue
    found = _over(catalogue, partial(_sample_solver, read, problem, mip or HighsMip, kept))
    return replace(found, takes_long=not read.is_linear)


def _over(catalogue: Catalogue, build: Callable[[float], ExactSolver]) -> Reading:
    if not catalogue.size:
        nothing = NothingSolver(len(catalogue.objectives))
        return Reading(lambda gap: nothing, catalogue.scope, catalogue.notes, True)
    return Reading(build, catalogue.scope, catalogue.notes)


@dataclass(frozen=True)
class NothingSolver:
    """A solver of a catalogue without options."""

    objectives: int

    def maximize(self, index: int, floors: Mapping[int, float], deadline: float, start: float = 0.0) -> Solution | None:
        """Return None: no design is feasible."""
        return None


def _sample_solver(
    read: ReadSamples, problem: Problem, mip: BuildMip, kept: KeptFile | None, gap: float
) -> ExactSolver:
    return keeping(solver_over(read, problem, gap, mip), kept, f"{gap:g}")


def _sifting_solver(catalogue: Catalogue, mip: BuildMip | None, kept: KeptFile | None, gap: float) -> ExactSolver:
    return keeping(SiftingSolver(catalogue, gap, mip), kept, f"{gap:g}")


def _blocked_solver(
    problem: Problem,
    shells: int,
    blocks: OptionBlocks,
    mip: BuildMip | None,
    kept: KeptFile | None,
    report: Callable[[int, int], None],
    gap: float,
) -> ExactSolver:
    return keeping(BlockedSolver(problem, shells, blocks, gap, mip, report), kept, f"{gap:g}")


def _root_solver(problem: Problem, shells: int, mip: BuildMip | None, kept: KeptFile | None, gap: float) -> ExactSolver:
    def build(plain: Problem) -> ExactSolver | None:
        catalogue = build_catalogue(plain, shells)
        name = f"{name_of(plain)} {gap:g}"
        return keeping(SiftingSolver(catalogue, gap * TRIAL_GAP, mip), kept, name) if catalogue.size else None

    return RootSolver(problem, gap, build)
