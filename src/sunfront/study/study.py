"""A study: the content of its YAML file as a frozen object, and the problem that it states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from html import escape
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    WrapSerializer,
    field_validator,
)

from sunfront import units
from sunfront.display import format_range, format_value, html_table
from sunfront.engines import ENGINES, Settings
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import UnknownName, UserError
from sunfront.library import architectures
from sunfront.library.library import Library
from sunfront.library.presets import drop_superseded
from sunfront.library.specs import GivenValue, Text
from sunfront.library.yaml_file import read_yaml_file
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable
from sunfront.study.base_design import design_texts, given_settings, stated_base, stated_presets, variable_settings
from sunfront.study.criteria import with_criteria
from sunfront.study.evaluation import Evaluation, evaluate_settings, internal_rate_of_return
from sunfront.study.find import find_study_file
from sunfront.study.library import LibrarySpec, refuse_unknown_code
from sunfront.study.messages import describe_all
from sunfront.study.mistakes import find_mistakes
from sunfront.study.preset_variables import PresetVariable, extended, resolve_preset_variable
from sunfront.study.presets import FILES, PresetFiles, PresetItem, place_in_file, preset_name, with_own_presets
from sunfront.study.quantities import QuantitySpec, with_quantities
from sunfront.study.resolve import place_of, resolve_problem
from sunfront.study.specs import DistributionSpecs, UncertaintySpec, VariableSpec
from sunfront.study.uncertainty import shipped_distributions
from sunfront.study.variables import resolve_variable

if TYPE_CHECKING:
    from sunfront.library.architectures import Architecture, Setting

_T = TypeVar("_T")
_FROZEN = AfterValidator(MappingProxyType), WrapSerializer(lambda mapping, serialize: serialize(dict(mapping)))
_Frozen = Annotated[Mapping[str, _T], *_FROZEN]


class Study(BaseModel):
    """One question, as stated in a file.

    Attributes:
        name: File name without its suffix; also the name of the folder of results.
        question: The question in words.
        library: What is known: the shipped library, and what folders add to it. In a file, one folder or several,
            relative to the file, or names of installed libraries.
        architecture: Name of an architecture of the library.
        presets: Presets, one of a group; the later override the earlier. Names of the library, or own presets; in a
            file also files of own presets, relative to it.
        parameters: Values with units, with or without a range, or ``default`` or ``computed``, by name.
        variables: Decision variables, by name.
        quantities: Quantities that the study defines by expressions, by name.
        design: The point of which break-even and sensitivity are asked: values of variables or parameters, by name.
        objectives: Lines such as ``maximize roi`` or ``maximize annual_revenue / fleet_mass``.
        constraints: Lines such as ``node_mass <= 4000 kg``, in addition to those of the architecture.
        uncertain: Uncertain parameters, by name; in a file also a list of names.
        uncertainty: Number of samples, and correlations.
        engine: Engine and its settings.
        seed: Seed of everything random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    name: str = "study"
    question: str = ""
    library: LibrarySpec = Field(default_factory=Library.shipped)
    architecture: str
    presets: tuple[PresetItem, ...] = ()
    parameters: _Frozen[GivenValue] = Field(default_factory=dict, validate_default=True)
    variables: _Frozen[VariableSpec] = Field(default_factory=dict, validate_default=True)
    design: _Frozen[Text] = Field(
        default_factory=dict,
        validate_default=True,
        exclude_if=lambda design: not design,  # so that run ids without it stay
    )
    quantities: _Frozen[QuantitySpec] = Field(default_factory=dict, validate_default=True)
    objectives: tuple[str, ...] = Field(min_length=1)
    constraints: tuple[str, ...] = ()
    uncertain: Annotated[DistributionSpecs, *_FROZEN] = Field(default_factory=dict, validate_default=True)
    uncertainty: UncertaintySpec = UncertaintySpec()
    engine: Settings = PyomoSettings()
    seed: int = Field(0, ge=0)
    _overrides: tuple[str, ...] = PrivateAttr(())

    def __repr__(self) -> str:
        problem = self.problem
        counts = f"{len(problem.variables)} variables, {len(problem.objectives)} objectives"
        return f"<Study {self.name}: {counts}, {len(problem.constraints)} constraints, engine {self.engine.name}>"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """Show the question and the problem in a notebook."""
        problem = self.problem
        rows = [("variable", v.name, _range_text(v)) for v in problem.variables]
        rows += [("objective", str(o), "") for o in problem.objectives]
        rows += [("constraint", str(c), "") for c in problem.constraints]
        rows += [("preset", name, "") for name in self.preset_names]
        rows += [("design", name, str(value)) for name, value in self.design.items()]
        rows += [("parameter", name, str(self.settings.get(name, value))) for name, value in self.parameters.items()]
        return f"<p><b>{escape(self.name)}</b>: {escape(self.question)}</p>" + html_table(("", "", ""), rows)

    @field_validator("presets", "objectives", "constraints", mode="before")
    @classmethod
    def _accept_single_item(cls, value: object) -> object:
        return [value] if isinstance(value, (str, Mapping)) else value

    @classmethod
    def load(
        cls,
        path: str | FilePath,
        overrides: Sequence[str] = (),
        name: str = "",
        *,
        check_engine: bool = False,
        trust_code: bool = True,
    ) -> Study:
        """Read and check a study file.

        Args:
            path: Path of the file; or the name of a shipped study, see ``find_study_file``.
            overrides: Values instead of those of the file, such as ``altitude=600 km``; they fix a variable.
            name: Name of the study, instead of the file's.
            check_engine: Also check that the engine can represent the problem.
            trust_code: Run the Python files of the study's libraries; if False, refuse those that are new.

        Raises:
            StudyError: The file is wrong; with file, line and key, and all further mistakes as ``others``.
            UserError: An override is wrong.
        """
        path = find_study_file(path)
        file = read_yaml_file(path)
        if "name" in file.data:
            raise file.error("unknown key 'name': a study has the name of its file; remove the key", ("name",))
        if not trust_code:
            refuse_unknown_code(file)

        preset_files: PresetFiles = {}

        def build(data: Mapping[str, Any]) -> Study:
            context = {"folder": path.parent, FILES: preset_files}
            built = cls.model_validate({"name": name or path.stem, **data}, context=context)
            # Without the overrides, so that every mistake is in a line of the file.
            built.check()
            if check_engine and not overrides:
                built.check_engine()
            return built

        try:
            study = build(file.data)
        except (ValidationError, UserError):
            keys = [key for key in cls.model_fields if key != "name"]
            place = partial(place_in_file, preset_files)
            first, *others = find_mistakes(file, build, lambda error: describe_all(error, keys), place)
            first.others = tuple(others)
            raise first from None
        if overrides:
            study = study.with_overrides(overrides)
            if check_engine:
                study.check_engine()
        return study

    def check(self) -> None:
        """Raise UserError unless the study states a problem that its engine can solve; with the path of the key."""
        self.problem  # noqa: B018

    def check_engine(self) -> None:
        """Raise UserError, with the path of the key, unless the engine can represent the problem.

        ``check`` looks at the settings; this formulates the problem, which takes up to a second.
        """
        from sunfront.engines.formulation import refusal, takers

        error = refusal(self.problem, self.engine)
        if error is not None:
            others = ", ".join(takers(self.problem))
            raise UserError(f"{error.message}; engines that take this study: {others}", place_of(self, error))

    def with_overrides(self, overrides: Sequence[str]) -> Study:
        """Return the study with values set as on the command line, ``name=value``.

        Raises:
            UserError: A name, unit or value is wrong.
        """
        values: dict[str, str] = {}
        for text in overrides:
            name, equals, value = text.partition("=")
            if not equals or not name.strip() or not value.strip():
                raise UserError(f"--set {text!r}: write name=value, such as --set 'altitude=600 km'")
            values[name.strip()] = value.strip()
        try:
            study = self.with_values(values)
        except UserError as error:
            override_error = UserError(f"--set: {error.message}")
            override_error.cause = error
            raise override_error from None
        set_before = dict(text.split("=", 1) for text in self._overrides)
        study._overrides = tuple(f"{name}={value}" for name, value in sorted((set_before | values).items()))
        return study

    def with_values(self, values: Mapping[str, str]) -> Study:
        """Return the study with quantities fixed at these values, texts with units; they fix a variable.

        Raises:
            UserError: A name, unit or value is wrong.
        """
        fixed, values = set(values), dict(values)
        own = {preset_name(item): item for _, item in self._preset_items}
        unused: set[str] = set()
        presets = list(self.preset_names)
        for name, spec in self.variables.items():
            if name in values and spec.presets is not None:
                if (choice := values.pop(name)) not in spec.preset_names:
                    raise UnknownName(choice, f"choice of {name}", spec.preset_names)
                presets = self._in_place(choice, presets)
                lacking = self.resolved_presets[name].lacking.items()
                unused |= {quantity for quantity, labels in lacking if choice in labels}
        # What only other choices use goes with them.
        study = self.with_changes(
            presets=[own[preset] for preset in presets],
            parameters={**{n: x for n, x in self.parameters.items() if n not in unused}, **values},
            variables={n: v for n, v in self.variables.items() if n not in fixed | unused},
            design={n: v for n, v in self.design.items() if n not in fixed | unused},
            uncertain={n: v for n, v in self.uncertain.items() if n not in fixed | unused},
            uncertainty=self.uncertainty.without(fixed | unused),
        )
        study.check()
        return study

    def with_design(self, values: Mapping[str, float]) -> Study:
        """Return the study whose base design has these values of variables or parameters.

        Args:
            values: SI and USD; of a preset variable, the number of the preset.

        Raises:
            UserError: A name is unknown, or a value is out of range or off its variable's grid.
        """
        study = self.with_changes(design={**self.design, **design_texts(self, values)})
        study.check()
        return study

    def with_engine(self, name: str) -> Study:
        """Return the study with another engine at its default settings; unchanged if that is its engine already.

        Raises:
            UnknownName: No engine has that name.
        """
        if name not in ENGINES:
            raise UnknownName(name, "engine", ENGINES)
        return self if name == self.engine.name else self.with_changes(engine=ENGINES[name]())

    def quick(self) -> Study:
        """Return the study with settings of its engine that take seconds."""
        return self.with_changes(engine=self.engine.quick())

    def with_changes(self, **changes: Any) -> Study:
        """Return the study with some keys changed. Unlike ``model_copy`` it does not keep the cached problem."""
        study = Study.model_validate({name: getattr(self, name) for name in Study.model_fields} | changes)
        study._overrides = self._overrides
        return study

    def __reduce__(self) -> tuple[Any, ...]:
        # Read-only mappings and cached results do not pickle; a copy resolves the study anew.
        plain = {name: getattr(self, name) for name in Study.model_fields}
        plain = {name: dict(value) if isinstance(value, MappingProxyType) else value for name, value in plain.items()}
        return _restored, (plain, self._overrides)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Study:
        return self.with_changes()

    @property
    def overrides(self) -> tuple[str, ...]:
        """Values that were set as on the command line, ``name=value``, in order of name."""
        return self._overrides

    @property
    def preset_names(self) -> tuple[str, ...]:
        """Names of the presets."""
        return tuple(map(preset_name, self.presets))

    @cached_property
    def base_preset_names(self) -> tuple[str, ...]:
        """Presets of the base design: those of the study, and those that it states for preset variables."""
        names = list(self.preset_names)
        for choice in stated_presets(self):
            names = self._in_place(choice, names)
        return tuple(names)

    def _in_place(self, choice: str, names: Sequence[str]) -> list[str]:
        """Put a choice of a preset variable in the place of what it replaces."""
        known = self.plain_arch.library
        kept = drop_superseded(known.presets[choice], [known.presets[each] for each in names], known.module)
        return [*(preset.name for preset in kept), choice]

    @property
    def design_parameters(self) -> Mapping[str, float | str]:
        """What the design gives to parameters that are no variables."""
        return {name: text for name, text in self.design.items() if name not in self.variables}

    @property
    def _preset_items(self) -> list[tuple[tuple[str | int, ...], PresetItem]]:
        """Every preset as written, of the study and of its variables, with the path of its key."""
        found: list[tuple[tuple[str | int, ...], PresetItem]] = [
            (("presets", i), item) for i, item in enumerate(self.presets)
        ]
        for name, spec in self.variables.items():
            found += [(("variables", name, "presets", i), item) for i, item in enumerate(spec.presets or ())]
        return found

    @cached_property
    def plain_arch(self) -> Architecture:
        """The architecture without the presets; its library holds the study's own presets too."""
        library = with_own_presets(self.library, self._preset_items)
        try:
            return library.architectures[self.architecture]
        except UserError as error:
            raise error.under("architecture") from None

    @cached_property
    def arch(self) -> Architecture:
        """The architecture of the base design, with the equations of the presets and of the study's own quantities."""
        arch = architectures.apply_presets(self.plain_arch, self.base_preset_names)
        return with_criteria(with_quantities(arch, self.quantities), self.objectives, self.constraints)

    @cached_property
    def problem_arch(self) -> Architecture:
        """The architecture with the equations of preset variables too; it knows every quantity of the problem."""
        return extended(self.arch, list(self.resolved_presets.values()), self.quantities)

    @cached_property
    def given_settings(self) -> Mapping[str, Setting]:
        """Settings of the model as if no variable had a stated base value.

        Raises:
            UserError: A name, unit or value is wrong; with the path of the key.
        """
        return given_settings(self)

    @cached_property
    def stated_base(self) -> Mapping[str, float]:
        """Values of variables that the study states for its base design; SI and USD, presets as their numbers.

        Raises:
            UserError: A name, unit or value is wrong; with the path of the key.
        """
        return stated_base(self)

    @cached_property
    def settings(self) -> Mapping[str, Setting]:
        """Settings of the model, each with its origin; variables are included, at their base values.

        Raises:
            UserError: A name, unit or value is wrong; with the path of the key.
        """
        return MappingProxyType({**self.given_settings, **variable_settings(self, self.stated_base)})

    @property
    def base_settings(self) -> Mapping[str, Setting]:
        """Settings of the base design: those that only choices of a preset variable use are left out."""
        model = self.arch.model
        return {name: s for name, s in self.settings.items() if name in model or name in model.inputs}

    @cached_property
    def resolved_presets(self) -> Mapping[str, PresetVariable]:
        """The preset variables, by name.

        Raises:
            UserError: A preset cannot be a choice, or the name of a variable is wrong; with the path of the key.
        """
        given = {**self.parameters, **self.design_parameters}
        return {
            name: resolve_preset_variable(self.plain_arch, self.preset_names, given, name, spec.preset_names)
            for name, spec in self.variables.items()
            if spec.presets is not None
        }

    @cached_property
    def resolved_variables(self) -> tuple[Variable, ...]:
        """The variables of the problem; they resolve even if the rest of the problem does not.

        Raises:
            UserError: A name, unit or value is wrong; with the path of the key.
        """
        return tuple(
            self.resolved_presets[name].variable
            if name in self.resolved_presets
            else resolve_variable(self.arch if name in self.arch.model.inputs else self.problem_arch, name, spec)
            for name, spec in self.variables.items()
        )

    @cached_property
    def preset_variables(self) -> Mapping[str, Variable]:
        """The preset variable that defines each quantity, by name of the quantity."""
        return {name: v for v in self.resolved_variables for name in v.preset_values}

    @cached_property
    def problem(self) -> Problem:
        """The problem that the study states; its engine can solve it.

        Raises:
            UserError: A name, unit or value is wrong, or the engine cannot solve the problem; with the path of the key.
        """
        return resolve_problem(self)

    @property
    def sensitivity_parameters(self) -> list[str]:
        """Parameters that a sensitivity study varies if it lists none: assumptions with a shipped distribution."""
        return [name for name, covers in self._shipped_distributions.items() if covers]

    @property
    def sensitivity_exclusions(self) -> list[str]:
        """Parameters whose shipped distribution does not cover the value in use, so that it cannot be used."""
        return [name for name, covers in self._shipped_distributions.items() if not covers]

    @cached_property
    def _shipped_distributions(self) -> Mapping[str, bool]:
        return shipped_distributions(self.settings, excluded={*self.variables, *self.preset_variables, *self.design})

    @property
    def range_notes(self) -> list[str]:
        """Notes on the values that lie outside the range of their sources."""
        doubtful = [s for s in self.settings.values() if s.is_doubtful]
        return [f"{s.name} = {s} lies outside the range of its sources" for s in doubtful]

    def evaluate(self, **values: Any) -> Evaluation:
        """Evaluate every quantity of the base design, in SI and USD, in the order of the equations.

        Args:
            values: Values that replace those of the study, as in ``sunfront.evaluate``; a text may also name the
                choice of a preset variable.

        Raises:
            UserError: A name, unit or value is wrong.
            NotFinite: A quantity is NaN or infinite.
        """
        texts = {name: value for name, value in values.items() if isinstance(value, str)}
        numbers = {name: value for name, value in values.items() if not isinstance(value, str)}
        study = self.with_values(texts) if texts else self
        return evaluate_settings(study.arch, study.base_settings, numbers)

    def pyomo_model(self, solver: str | None = None) -> Any:
        """Build the Pyomo model that maximizes the study's first objective; components are named after quantities.

        Args:
            solver: ``highs``, ``scip`` or ``maingo``. If None, the solver of the study's engine, or ``highs``.

        Raises:
            NonlinearEquation: The solver cannot represent an equation.
            UserError: There is no such solver, or nothing to formulate.
        """
        from sunfront.engines import nominal
        from sunfront.engines.exact import engine

        settings = self.engine if isinstance(self.engine, PyomoSettings) else PyomoSettings()
        solvers = get_args(PyomoSettings.model_fields["solver"].annotation)
        if solver is not None and solver not in solvers:
            raise UnknownName(solver, "solver", solvers)
        problem = nominal.nominal_problem(self.problem) if self.problem.statistics else self.problem
        return engine.build_pyomo_model(problem, settings.model_copy(update={"solver": solver or settings.solver}))

    def internal_rate_of_return(self) -> float | None:
        """Find the discount rate, per year, at which the base design's npv, of continuous cash flows, is zero.

        Returns:
            The highest such rate from -50 % to 1000 % per year; None if there is none.
        """
        return internal_rate_of_return(self.arch, self.base_settings)


def _restored(values: Mapping[str, Any], overrides: tuple[str, ...]) -> Study:
    study = Study.model_validate(values)
    study._overrides = overrides
    return study


def _range_text(variable: Variable) -> str:
    """Format the values that a variable may take."""
    if variable.choices:
        return ", ".join(map(variable.text, variable.choices))
    step_unit = units.DIFFERENCE if units.unit(variable.unit).offset else variable.unit
    step = "" if variable.step is None else f" in steps of {format_value(variable.step, step_unit)}"
    return f"{format_range(variable.low, variable.high, variable.unit)}{step}"
