"""A study: the YAML file as a frozen object, and the problem that it poses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from html import escape
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    WrapSerializer,
    field_validator,
)

from sunfront import units
from sunfront.display import format_range, format_value, html_table
from sunfront.engines import ENGINES, Settings
from sunfront.engines.settings import PyomoSettings, SensitivitySettings
from sunfront.errors import UnknownName, UserError
from sunfront.library import architectures
from sunfront.library.parameters import parameters
from sunfront.library.presets import without_superseded
from sunfront.problem.criteria import Constraint, Objective
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable
from sunfront.study import messages
from sunfront.study.evaluation import Evaluation, evaluate_settings
from sunfront.study.file import read
from sunfront.study.preset_choice import base_choice, category, check_alone, lookups
from sunfront.study.statements import Text, VariableSpec, constraint, objective, variable
from sunfront.study.uncertainty import DistributionSpec, Spreads, UncertaintySpec, check_statistic, uncertainty

if TYPE_CHECKING:
    from sunfront.library.architectures import Architecture, Setting
    from sunfront.problem.uncertainty import Uncertainty

_T = TypeVar("_T")
_FROZEN = AfterValidator(MappingProxyType), WrapSerializer(lambda found, serialize: serialize(dict(found)))
_Frozen = Annotated[Mapping[str, _T], *_FROZEN]


class Study(BaseModel):
    """One question, as a file asks it.

    Attributes:
        name: File name without its suffix; names the folder of results.
        question: In words.
        architecture: Name of a shipped architecture.
        presets: Names of shipped presets, one of a group, the later overriding the earlier.
        parameters: Values with units; or ``default`` or ``computed``.
        variables: What is decided.
        objectives: As ``maximize roi``.
        constraints: As ``node_mass <= 4000 kg``, beside those of the architecture.
        uncertain: Parameters that are uncertain: their names, or names with distributions.
        uncertainty: How these are sampled, and how they go together.
        engine: How it is answered.
        seed: Of everything random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "study"
    question: str = ""
    architecture: str
    presets: tuple[str, ...] = ()
    parameters: _Frozen[Text] = Field(default_factory=dict, validate_default=True)
    variables: _Frozen[VariableSpec] = Field(default_factory=dict, validate_default=True)
    objectives: tuple[str, ...] = Field(min_length=1)
    constraints: tuple[str, ...] = ()
    uncertain: Annotated[Spreads, *_FROZEN] = Field(default_factory=dict, validate_default=True)
    uncertainty: UncertaintySpec = UncertaintySpec()
    engine: Settings = PyomoSettings()
    seed: int = Field(0, ge=0)

    def __repr__(self) -> str:
        problem = self.problem
        counts = f"{len(problem.variables)} variables, {len(problem.objectives)} objectives"
        return f"<Study {self.name}: {counts}, {len(problem.constraints)} constraints, engine {self.engine.name}>"

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str:
        """The question and what is decided, in a notebook."""
        problem = self.problem
        rows = [("variable", v.name, _span(v)) for v in problem.variables]
        rows += [("objective", str(o), "") for o in problem.objectives]
        rows += [("constraint", str(c), "") for c in problem.constraints]
        rows += [("preset", name, "") for name in self.presets]
        rows += [("parameter", name, str(value)) for name, value in self.parameters.items()]
        return f"<p><b>{escape(self.name)}</b>: {escape(self.question)}</p>" + html_table(("", "", ""), rows)

    @field_validator("presets", "objectives", "constraints", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @classmethod
    def load(cls, path: str | FilePath, overrides: Sequence[str] = ()) -> Study:
        """Read and check a study file.

        Args:
            overrides: As ``altitude=600 km``: the value is fixed, and no longer a variable.

        Raises:
            StudyError: Naming the file, the line and the key.
        """
        path = FilePath(path)
        source = read(path)
        if "name" in source.data:
            raise source.error("unknown key 'name': the name of the file names the study", ("name",))
        try:
            study = cls.model_validate({"name": path.stem, **source.data})
        except ValidationError as error:
            keys, message = messages.first(error, [name for name in cls.model_fields if name != "name"])
            raise source.error(message, keys) from None
        try:
            # The names, units and ranges of the file itself, where a line can be named.
            study.engine.check(study.problem)
        except UserError as error:
            raise source.error(error.message, error.path) from None
        return study.overridden(overrides) if overrides else study

    def overridden(self, overrides: Sequence[str]) -> Study:
        """The study with values set as on the command line, ``name=value``.

        Raises:
            UserError: A name, unit or range is wrong.
        """
        fixed: dict[str, str] = {}
        for text in overrides:
            name, equals, value = text.partition("=")
            if not equals or not name.strip() or not value.strip():
                raise UserError(f"--set {text!r}: write name=value, as --set 'altitude=600 km'")
            fixed[name.strip()] = value.strip()
        left = {n: v for n, v in self.variables.items() if n not in fixed}
        presets = list(self.presets)
        for name, spec in self.variables.items():
            if name in fixed and spec.presets is not None:
                if (chosen := fixed.pop(name)) not in spec.presets:
                    raise UserError(f"--set: {UnknownName(chosen, f'choice of {name}', spec.presets).message}")
                presets = [*without_superseded(chosen, presets), chosen]
        study = self.changed(
            presets=presets,
            parameters={**self.parameters, **fixed},
            variables=left,
            uncertain={n: v for n, v in self.uncertain.items() if n not in fixed},
            uncertainty=self.uncertainty.without(fixed),
        )
        try:
            study.problem  # noqa: B018
        except UserError as error:
            raise UserError(f"--set: {error.message}") from None
        return study

    def with_engine(self, name: str) -> Study:
        """The study with another engine at its default settings; its own settings if it is the study's engine.

        Raises:
            UnknownName
        """
        if name not in ENGINES:
            raise UnknownName(name, "engine", ENGINES)
        return self if name == self.engine.name else self.changed(engine=ENGINES[name]())

    def quick(self) -> Study:
        """The study with a budget of seconds."""
        return self.changed(engine=self.engine.quick())

    def changed(self, **changes: Any) -> Study:
        """The study with some keys changed. Not ``model_copy``: that would carry the cached problem along."""
        return Study.model_validate({name: getattr(self, name) for name in Study.model_fields} | changes)

    @cached_property
    def arch(self) -> Architecture:
        """Its architecture, with the equations of its presets."""
        try:
            arch = architectures.architecture(self.architecture)
        except UserError as error:
            raise error.under("architecture") from None
        return architectures.adapted(arch, self.presets)

    @cached_property
    def settings(self) -> Mapping[str, Setting]:
        """What the model is given, and who says so; variables included, at their base values."""
        return architectures.resolve(self.arch, self.presets, self.parameters)

    @cached_property
    def resolved_variables(self) -> tuple[Variable, ...]:
        """The variables.

        Raises:
            UserError: With the path of the culprit in the file.
        """
        return tuple(
            variable(self.arch, name, spec)
            if spec.presets is None
            else category(self.arch, self.presets, self.settings, name, spec.presets)
            for name, spec in self.variables.items()
        )

    @cached_property
    def preset_variables(self) -> Mapping[str, Variable]:
        """By parameter that a category sets, the category."""
        return {what: v for v in self.resolved_variables for what in v.preset_values}

    @cached_property
    def problem(self) -> Problem:
        """What an engine is given.

        Raises:
            UserError: With the path of the culprit in the file.
        """
        arch, settings = self.arch, self.settings
        for name in self.variables:
            if name in self.parameters:
                raise UserError(f"{name} is both a variable and a parameter; drop one", ("variables", name))
            if name in self.uncertain:
                raise UserError(f"{name} is decided, and so it is not uncertain; drop one", ("uncertain", name))
        variables = self.resolved_variables
        check_alone(variables, self.parameters, self.uncertain)
        objectives = []
        for i, text in enumerate(self.objectives):
            try:
                objectives.append(objective(arch, text))
            except UserError as error:
                raise error.under("objectives", i) from None
        for i, found in enumerate(objectives):
            if found.quantity in settings or found.quantity in self.preset_variables:
                raise UserError(
                    f"{found.quantity} is given, so that there is nothing to {found.sense}", ("objectives", i)
                )
        if len({o.name for o in objectives}) < len(objectives):
            raise UserError("an objective is given twice", ("objectives",))
        constraints = [constraint(arch, text) for text in arch.constraints]
        for i, text in enumerate(self.constraints):
            try:
                constraints.append(constraint(arch, text))
            except UserError as error:
                raise error.under("constraints", i) from None
        decided = {*self.variables, *self.preset_variables}
        given = {name: s.value for name, s in settings.items() if name not in decided}
        base = {v.name: base_choice(v, settings) if v.labels else settings[v.name].value for v in variables}
        problem = Problem(
            model=arch.model.extended(*tables) if (tables := lookups(arch, variables)) else arch.model,
            values=given,
            variables=variables,
            objectives=tuple(objectives),
            constraints=tuple(dict.fromkeys(constraints)),
            count=dict(arch.count),
            amounts=dict(arch.amounts),
            reported=(*arch.metrics, *self._studied()),
            base={name: float(value) for name, value in base.items() if value is not None},  # type: ignore[arg-type]
            uncertainty=self._uncertainty(),
        )
        written: dict[str, Sequence[Objective | Constraint]] = {"objectives": objectives}
        written["constraints"] = constraints[len(arch.constraints) :]
        for key, stated in written.items():
            for i, one in enumerate(stated):
                try:
                    check_statistic(problem, one)
                except UserError as error:
                    raise error.under(key, i) from None
        supplied = {*given, *self.variables}
        problem.model.check(supplied, problem.table_quantities)
        order = problem.model.order(supplied, problem.table_quantities)
        used = {name for eq in order for name in eq.inputs} | {*problem.table_quantities}
        for name in self.variables:
            if name not in used:
                raise UserError(
                    f"{name} decides nothing: a value is given for what it would change", ("variables", name)
                )
        for name in self.uncertain:
            if name not in used:
                raise UserError(
                    f"{name} decides nothing: a value is given for what it would change", ("uncertain", name)
                )
        return problem

    def _studied(self) -> tuple[str, ...]:
        """What a sensitivity engine studies beside the objectives."""
        if not isinstance(self.engine, SensitivitySettings) or not self.engine.quantity:
            return ()
        if self.engine.quantity not in self.arch.model:
            known = (eq.name for eq in self.arch.model)
            raise UnknownName(self.engine.quantity, "quantity", known, ("engine", "quantity"))
        return (self.engine.quantity,)

    def _uncertainty(self) -> Uncertainty | None:
        spreads = self.uncertain
        if not spreads and isinstance(self.engine, SensitivitySettings):
            spreads = dict.fromkeys(self.sensitivity_parameters, DistributionSpec.model_validate(architectures.DEFAULT))
        if spreads:
            return uncertainty(self.arch, self.settings, spreads, self.uncertainty, self.seed)
        if "uncertainty" in self.model_fields_set and self.uncertainty != UncertaintySpec():
            raise UserError("nothing is uncertain; add a line as 'uncertain: [discount_rate]'", ("uncertainty",))
        return None

    @property
    def sensitivity_parameters(self) -> list[str]:
        """The parameters that a sensitivity study varies if it lists none: those with a shipped distribution."""
        return [name for name, covers in self._shipped_distributions.items() if covers]

    @property
    def sensitivity_exclusions(self) -> list[str]:
        """The parameters with a shipped distribution that does not cover the value in use."""
        return [name for name, covers in self._shipped_distributions.items() if not covers]

    @cached_property
    def _shipped_distributions(self) -> Mapping[str, bool]:
        """Whether the shipped distribution covers the value in use, by name of the parameter."""
        excluded = {*self.variables, *self.preset_variables}
        covers: dict[str, bool] = {}
        for name, s in self.settings.items():
            p = parameters().get(name)
            if p is not None and p.spreads and name not in excluded and not isinstance(s.value, tuple):
                covers[name] = p.distribution == "lognormal" or p.plausible(s.value)
        return covers

    @property
    def range_notes(self) -> list[str]:
        """A note for each value that lies outside the range that its sources give."""
        return [f"{s.name} = {s} lies outside the range of its sources" for s in self.settings.values() if s.doubtful]

    def evaluate(self, **values: Any) -> Evaluation:
        """Compute every quantity of the base design, some values given; SI and USD, in reading order.

        Args:
            values: As in ``sunfront.evaluate``; text may also name the choice of a preset variable.

        Raises:
            UserError: A name, unit or range is wrong.
            NotFinite: A quantity is NaN or infinite.
        """
        texts = [f"{name}={value}" for name, value in values.items() if isinstance(value, str)]
        numbers = {name: value for name, value in values.items() if not isinstance(value, str)}
        study = self.overridden(texts) if texts else self
        return evaluate_settings(study.arch, study.settings, numbers)

    def pyomo_model(self, solver: str | None = None) -> Any:
        """The Pyomo model of the study, maximizing its first objective; components bear the names of quantities.

        Args:
            solver: ``highs``, ``scip`` or ``maingo``; that of the study's engine, or ``highs``, if None.

        Raises:
            NonlinearEquation: The study is not representable for the solver.
            UserError: No such solver; nothing to formulate.
        """
        from sunfront.engines import nominal
        from sunfront.engines.exact import engine

        settings = self.engine if isinstance(self.engine, PyomoSettings) else PyomoSettings()
        solvers = get_args(PyomoSettings.model_fields["solver"].annotation)
        if solver is not None and solver not in solvers:
            raise UnknownName(solver, "solver", solvers)
        problem = nominal.nominal(self.problem) if self.problem.statistics else self.problem
        return engine.formulated(problem, settings.model_copy(update={"solver": solver or settings.solver}))

    def internal_rate_of_return(self) -> float | None:
        """Discount rate, a year, at which the base design's net present value is zero; None if no rate from -50 % to
        1000 % is one.

        Found on the model's own npv, whose flows are continuous; the first root from above, if there are several.
        """
        from scipy.optimize import brentq

        values = {name: s.value for name, s in self.settings.items()}
        year = units.parse("1 year", "s", "year")

        def npv(rate: Any) -> Any:
            return self.arch.model.evaluate(values | {"discount_rate": rate / year}, ["npv"])["npv"]

        grid = np.concatenate([np.linspace(-0.5, 1, 301), np.geomspace(1.01, 10, 100)])
        signs = np.sign(npv(grid))
        crossings = np.flatnonzero(signs[:-1] * signs[1:] < 0)
        if not len(crossings):
            return None
        last = crossings[-1]
        return float(brentq(npv, grid[last], grid[last + 1], xtol=1e-12))


def _span(variable: Variable) -> str:
    """The values that a variable may take, as text."""
    if variable.choices:
        return ", ".join(map(variable.text, variable.choices))
    apart = units.DIFFERENCE if units.unit(variable.unit).offset else variable.unit
    step = "" if variable.step is None else f" in steps of {format_value(variable.step, apart)}"
    return f"{format_range(variable.low, variable.high, variable.unit)}{step}"
