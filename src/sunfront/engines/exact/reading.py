"""Which solver reads a problem: over a catalogue, in blocks, over samples, with roots, or over all values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sunfront.engines.checkpoint import KeptFile
from sunfront.engines.context import Context
from sunfront.engines.exact.blocks import BlockedSolver, OptionBlocks, option_blocks
from sunfront.engines.exact.catalogue import Catalogue, build_catalogue, scope_of_all
from sunfront.engines.exact.each_choice import NONLINEAR
from sunfront.engines.exact.highs import HighsSolver
from sunfront.engines.exact.kept import keeping, name_of
from sunfront.engines.exact.mip import BuildMip, SolverOptions, mip_builder
from sunfront.engines.exact.roots import TRIAL_GAP, RootSolver, at_first_trial, has_root_objective
from sunfront.engines.exact.sampled import SampledCatalogue, build_sampled
from sunfront.engines.exact.sifting import SiftingSolver
from sunfront.engines.exact.solver_protocol import ExactSolver
from sunfront.engines.exact.tails import TailSolver
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import NonlinearEquation
from sunfront.problem.problem import Problem


@dataclass(frozen=True)
class Reading:
    """How a problem is solved.

    Attributes:
        build: Builds the solver, for the relative gap of its solves.
        gap: Of a solve. It is smaller than what may be missing in all, because the gaps of the solves add up.
        scope: What a proof covers, for people.
        is_empty: No option of the catalogue can meet every constraint; nothing is to be solved.
    """

    build: Callable[[float], ExactSolver]
    gap: float
    scope: str
    notes: tuple[str, ...] = ()
    is_empty: bool = False


def read_problem(problem: Problem, settings: PyomoSettings, context: Context) -> Reading:
    """Read the equations for the solver of the settings.

    Raises:
        NonlinearEquation: The solver cannot represent the problem.
    """
    kept = None if context.cluster else context.checkpoint.solves  # other hosts have other files
    if problem.statistics:
        return _read_samples(problem, settings, kept)
    if settings.solver in NONLINEAR:
        share = 2 if len(problem.objectives) == 1 else 10
        build = partial(NONLINEAR[settings.solver], problem, kept=kept)
        return Reading(build, settings.gap / share, scope_of_all(problem))
    mip = mip_of(settings)
    is_plain = settings.solver == "highs" and _passed(settings) == SolverOptions()
    few = None if is_plain else mip  # HiGHS solves the small programs of trees then
    blocks = option_blocks(problem, settings.shells)
    if blocks is not None:
        build = partial(_blocked_solver, at_first_trial(problem), settings.shells, blocks, few, kept, context)
        return Reading(build, gap_of_solves(settings), blocks.scope, blocks.notes)
    catalogue = build_catalogue(at_first_trial(problem), settings.shells)
    gap, build = gap_of_solves(settings), partial(_sifting_solver, catalogue, few, kept)
    if has_root_objective(problem):
        gap = min(1e-6, settings.gap / 10)  # HiGHS decides a trial exactly, so that a tight bound costs no more
        build = partial(_root_solver, problem, settings.shells, mip, kept)
    return Reading(build, gap, catalogue.scope, catalogue.notes, not catalogue.size)


def gap_of_solves(settings: PyomoSettings) -> float:
    """Relative gap of a solve over a catalogue."""
    return min(1e-4, settings.gap / 10)


def mip_of(settings: PyomoSettings) -> BuildMip:
    """What builds the mixed-integer programs of the settings' solver."""
    return mip_builder(settings.solver, _passed(settings))


def _passed(settings: PyomoSettings) -> SolverOptions:
    return SolverOptions(settings.solver_options, settings.threads, settings.log)


def _read_samples(problem: Problem, settings: PyomoSettings, kept: KeptFile | None) -> Reading:
    if not settings.is_over_catalogue:
        raise NonlinearEquation(f"{settings.solver} takes no samples; highs does")
    if has_root_objective(problem):
        raise NonlinearEquation("an objective is a root")
    sampled = build_sampled(problem, settings.shells)
    build = partial(_tail_solver, sampled, problem, mip_of(settings), kept)
    catalogue = sampled.catalogue
    return Reading(build, gap_of_solves(settings), catalogue.scope, catalogue.notes, not catalogue.size)


def _tail_solver(
    sampled: SampledCatalogue, problem: Problem, mip: BuildMip, kept: KeptFile | None, gap: float
) -> ExactSolver:
    return keeping(TailSolver(sampled, problem, gap, mip), kept, f"{gap:g}")


def _sifting_solver(catalogue: Catalogue, mip: BuildMip | None, kept: KeptFile | None, gap: float) -> ExactSolver:
    return keeping(SiftingSolver(catalogue, gap, mip), kept, f"{gap:g}")


def _blocked_solver(
    problem: Problem,
    shells: int,
    blocks: OptionBlocks,
    mip: BuildMip | None,
    kept: KeptFile | None,
    context: Context,
    gap: float,
) -> ExactSolver:
    def report(done: int) -> None:
        context.progress(done, blocks.count, f"block {done + 1} of {blocks.count} of the catalogue")

    return keeping(BlockedSolver(problem, shells, blocks, gap, mip, report), kept, f"{gap:g}")


def _root_solver(problem: Problem, shells: int, mip: BuildMip, kept: KeptFile | None, gap: float) -> ExactSolver:
    def build(plain: Problem) -> ExactSolver | None:
        catalogue, own_gap = build_catalogue(plain, shells), gap * TRIAL_GAP
        if not catalogue.size:
            return None
        return keeping(HighsSolver(catalogue, own_gap, mip), kept, f"{name_of(plain)} {gap:g}")

    return RootSolver(problem, gap, build)
