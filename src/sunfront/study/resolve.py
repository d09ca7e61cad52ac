"""Resolve a study into a problem: check every name, unit, range and conflict that the file's form leaves open."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sunfront.engines.settings import SensitivitySettings
from sunfront.equation import Equation
from sunfront.errors import NonlinearEquation, Path, RangeError, UnknownName, UserError, each_of
from sunfront.library.architectures import quantity_unit
from sunfront.library.groups import relations
from sunfront.library.specs import DEFAULT
from sunfront.problem.criteria import Constraint, Objective
from sunfront.problem.problem import Problem
from sunfront.problem.statistics import Deviation, Probability
from sunfront.root import Extreme, Root
from sunfront.study.base_design import base_values
from sunfront.study.combined import resolve_order, resolve_region
from sunfront.study.conditions import resolve_conditions
from sunfront.study.criteria import check_statistic, parse_constraints, parse_objective
from sunfront.study.preset_variables import check_conflicts
from sunfront.study.quantities import StudyEquation
from sunfront.study.specs import DistributionSpec, UncertaintySpec
from sunfront.study.uncertainty import resolve_uncertainty

if TYPE_CHECKING:
    from sunfront.problem.preference import Preference
    from sunfront.problem.uncertainty import Uncertainty
    from sunfront.study.resolved import ResolvedStudy


def resolve_problem(study: ResolvedStudy) -> Problem:
    """Resolve a study into the problem for its engine.

    Raises:
        UserError: A name, unit or value is wrong, or the engine cannot solve the problem; with the path of the key.
    """
    arch = study.problem_arch
    study.given_settings  # noqa: B018  its mistakes come first
    for name in study.variables:
        if name in study.parameters:
            raise UserError(f"{name} is both a variable and a parameter; remove one of the two", ("variables", name))
        if name in study.timelines:
            raise UserError(f"{name} is a variable and has a timeline; remove one of the two", ("variables", name))
        if name in study.uncertain:
            raise UserError(
                f"{name} is a variable, so it cannot be uncertain; remove one of the two", ("uncertain", name)
            )
    variables = study.resolved_variables
    check_conflicts(variables, study.given_values, study.uncertain)
    settings = study.settings
    _check_relations(study)
    objectives = _resolve_objectives(study)
    shipped = [c for text in arch.constraints for c in parse_constraints(arch, text)]
    lines = each_of("constraints", study.constraints, lambda text: parse_constraints(arch, text))
    own = [c for line in lines for c in line]
    variable_names = {*study.variables, *study.preset_variables}
    base = base_values(study)
    conditions = resolve_conditions(study, base)
    computed = [c.quantity for c in conditions if c.quantity in arch.model]
    problem = Problem(
        model=arch.model,
        values={name: s.value for name, s in settings.items() if name not in variable_names},
        variables=variables,
        objectives=tuple(objectives),
        constraints=tuple(dict.fromkeys([*shipped, *own])),
        count=dict(arch.count),
        amounts=dict(arch.amounts),
        reported=(*_metrics(study), *study.quantities, *study.combined.parts, *_sensitivity_quantity(study), *computed),
        base=base,
        base_is_stated=bool(study.stated_base),
        uncertainty=_resolve_uncertainty(study),
        conditions=conditions,
        shipped=tuple(shipped),
        preference=_resolve_preference(study, objectives),
    )
    each_of("objectives", objectives, lambda o: check_statistic(problem, o))
    each_of("constraints", lines, lambda line: _check_line(study, problem, line))
    each_of("objectives", objectives, lambda o: _check_choices(study, problem, o.quantity))
    each_of("objectives", objectives, lambda o: _check_roots(problem, o.quantity))
    each_of("constraints", lines, lambda line: _check_roots(problem, *(c.quantity for c in line)))
    each_of("constraints", lines, lambda line: _check_root_limits(problem, line))
    _check_effects(study, problem)
    study.engine.check(problem)
    return problem


def place_of(study: ResolvedStudy, error: UserError) -> Path:
    """Return the path at which an engine's refusal is told: that of the study's expression, if it refuses one."""
    quantity = error.quantity if isinstance(error, NonlinearEquation) else ""
    model = study.problem.model
    if error.path or quantity not in model or not isinstance(model[quantity], StudyEquation):
        return error.path or ("engine",)
    if quantity in study.quantities:
        return ("quantities", quantity)
    for i, objective in enumerate(study.problem.objectives):
        if objective.quantity == quantity:
            return ("objectives", i)
    for i, text in enumerate(study.constraints):
        if any(c.quantity == quantity for c in parse_constraints(study.problem_arch, text)):
            return ("constraints", i)
    return ("engine",)


def _resolve_objectives(study: ResolvedStudy) -> Sequence[Objective]:
    ordered = [name for name, spec in study.variables.items() if spec.presets is None]
    lines = study.combined.objectives
    objectives = each_of("objectives", lines, lambda text: parse_objective(study.problem_arch, text, ordered))
    each_of("objectives", objectives, lambda o: _check_computed(study, o))
    if len({o.name for o in objectives}) < len(objectives):
        raise UserError("an objective is given twice; remove one of the two", ("objectives",))
    return objectives


def _resolve_preference(study: ResolvedStudy, objectives: Sequence[Objective]) -> Preference | None:
    if study.combine == "lexicographic":
        if study.prefer:
            raise UserError("an order has one design, and no front of which a part could be preferred", ("prefer",))
        return resolve_order(study.problem_arch, study.objectives, objectives)
    return resolve_region(study.problem_arch, study.prefer, objectives) if study.prefer else None


def _check_computed(study: ResolvedStudy, objective: Objective) -> None:
    """Raise UserError if the quantity of an objective is given, not computed."""
    quantity = objective.quantity
    if quantity in study.preset_variables:
        setter = study.preset_variables[quantity]
        if any(isinstance(each, Equation) for each in setter.preset_values[quantity]):
            return
        variable = setter.name
        raise UserError(f"{quantity} is set by the variable {variable}; choose an objective that is computed")
    if quantity in study.settings and quantity not in study.variables:
        raise UserError(
            f"{quantity} has a given value, so there is nothing to {objective.sense}; write '{quantity}: computed' "
            "under parameters, or choose another objective"
        )


def _check_choices(study: ResolvedStudy, problem: Problem, quantity: str) -> None:
    """Raise UserError if a quantity has no meaning with one of the presets that a variable chooses from."""
    supplied = {*problem.values, *(v.name for v in problem.variables)}
    order = problem.model.order(supplied, [quantity])
    needed = {quantity, *(name for eq in order if isinstance(eq, StudyEquation) for name in eq.inputs)}
    for found in study.resolved_presets.values():
        v = found.variable
        for name in sorted(needed & found.lacking.keys() - problem.values.keys()):
            raise UserError(
                f"there is no {name} with preset {found.lacking[name][0]!r}, a choice of {v.name}; leave that "
                "choice out, or run a study with each"
            )
        for eq in order:
            for given in v.preset_values.keys() & {*eq.unless_given}:
                for label, definition in zip(v.labels, v.preset_values[given], strict=True):
                    if definition is not None and not isinstance(definition, Equation):
                        raise UserError(
                            f"{eq.name} is meaningless if {given} is given, as preset {label!r} does, a choice of "
                            f"{v.name}; leave that choice out, or choose another quantity"
                        )


def _metrics(study: ResolvedStudy) -> Iterable[str]:
    """Return the metrics of the architecture that have a meaning with what the study gives."""
    arch, supplied = study.problem_arch, {*study.settings, *study.variables}
    return (name for name in arch.metrics if arch.model.has_meaning(name, supplied))


def _check_roots(problem: Problem, *quantities: str) -> None:
    """Raise UserError if a criterion is a root over a variable, which would have no effect on it."""
    variables = {v.name for v in problem.variables}
    for eq in problem.model.order({*problem.values, *variables}, quantities):
        if isinstance(eq, Root) and eq.over in variables:
            raise UserError(
                f"{eq.name} is the {eq.over} at which {eq.of} is zero, so it does not depend on the variable "
                f"{eq.over}; give {eq.over} a value, or use {eq.of}"
            )
        if isinstance(eq, Extreme) and eq.over in variables:
            raise UserError(
                f"{eq.name} tries values of {eq.over} by itself, so it does not depend on the variable {eq.over}; give "
                f"{eq.over} a value, or use {eq.of}"
            )


def _check_root_limits(problem: Problem, line: Iterable[Constraint]) -> None:
    """Raise RangeError if a limit on a root lies outside the values that are tried."""
    for c in line:
        if c.quantity not in problem.model:
            continue
        eq = problem.model[c.quantity]
        if isinstance(eq, Root) and not isinstance(c.statistic, Deviation | Probability):
            low, high = eq.range
            if not low <= c.limit <= high:
                span = f"{eq.between[0]} to {eq.between[1]}"
                raise RangeError(f"{c}: {eq.name} is looked for from {span}; give a limit there", quantity=eq.name)


def _sensitivity_quantity(study: ResolvedStudy) -> tuple[str, ...]:
    """Return the quantity that a sensitivity engine studies, if it is not that of the first objective."""
    if not isinstance(study.engine, SensitivitySettings) or not study.engine.quantity:
        return ()
    if study.engine.quantity not in study.problem_arch.model:
        known = (eq.name for eq in study.problem_arch.model)
        raise UnknownName(study.engine.quantity, "quantity", known, ("engine", "quantity"))
    return (study.engine.quantity,)


def _resolve_uncertainty(study: ResolvedStudy) -> Uncertainty | None:
    distributions = study.uncertain
    if not distributions and isinstance(study.engine, SensitivitySettings):
        shipped = DistributionSpec.model_validate(DEFAULT)
        distributions = dict.fromkeys(study.sensitivity_parameters, shipped)
    if distributions:
        return resolve_uncertainty(study.problem_arch, study.settings, distributions, study.uncertainty, study.seed)
    if "uncertainty" in study.model_fields_set and study.uncertainty != UncertaintySpec():
        raise UserError(
            "nothing is uncertain; add a line such as 'uncertain: [discount_rate]', or remove uncertainty",
            ("uncertainty",),
        )
    return None


def _check_line(study: ResolvedStudy, problem: Problem, constraints: Iterable[Constraint]) -> None:
    for constraint in constraints:
        check_statistic(problem, constraint)
        _check_choices(study, problem, constraint.quantity)


def _check_relations(study: ResolvedStudy) -> None:
    """Raise UserError if a choice or the range of a variable breaks a relation between two quantities."""
    plain = {v.name: v for v in study.resolved_variables if not v.labels}
    for relation in relations(study.arch.library):
        by = {name: plain.get(name) or study.preset_variables.get(name) for name in relation.names}
        variables = list(dict.fromkeys(v.name for v in by.values() if v is not None))
        if not variables:
            continue  # the settings are checked where they are resolved
        values: dict[str, Any] = {}
        for name, variable in by.items():
            if variable is not None:
                chosen = (variable.low, variable.high) if name in plain else variable.preset_values[name]
                # What a choice computes is not known yet; with NaN, the relation is not checked.
                column = [each if isinstance(each, float) else math.nan for each in chosen]
                known = [each for each in column if not math.isnan(each)]
                worst = max if name in relation.small.terms else min
                values[name] = column if len(variables) == 1 else worst(known, default=math.nan)
            elif name in study.settings:
                values[name] = study.settings[name].value
        try:
            relation.check(values, quantity_unit(study.arch, relation.names[0]) if values.keys() >= by.keys() else "1")
        except UserError as error:
            raise error.under("variables", variables[0]) from None


def _check_effects(study: ResolvedStudy, problem: Problem) -> None:
    """Raise UserError if the model lacks an input, or if a variable or uncertain parameter has no effect."""
    supplied = {*problem.values, *study.variables}
    problem.model.check(supplied, problem.table_quantities)
    order = problem.model.order(supplied, problem.table_quantities)
    used = {name for eq in order for name in eq.inputs} | {*problem.table_quantities}
    reached = used | {eq.name for eq in order}
    # If all choices compute a quantity alike, its equation does not need the variable.
    used |= {v.name for v in problem.variables if not reached.isdisjoint(v.preset_values)}
    for key, names in (("variables", study.variables), ("uncertain", study.uncertain)):
        for name in names:
            if name not in used:
                raise UserError(
                    f"{name} has no effect: every quantity that it feeds has a given value; remove it, or that value",
                    (key, name),
                )
