"""A study: one question, as stated in a file, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from html import escape
from pathlib import Path as FilePath
from typing import Any, get_args
from warnings import warn

from pydantic import ValidationError

from sunfront import units
from sunfront.display import format_range, format_value, html_table
from sunfront.engines import ENGINES, setting_of
from sunfront.engines.settings import PyomoSettings
from sunfront.errors import NonlinearEquation, SunfrontWarning, UnknownName, UserError, shortened
from sunfront.library.architectures import Architecture, Setting
from sunfront.library.yaml_file import read_yaml_file
from sunfront.problem.variables import Variable
from sunfront.study.base_design import design_texts
from sunfront.study.conditions import Fixed, settled
from sunfront.study.evaluation import Evaluation, evaluate_settings, split_values
from sunfront.study.find import find_study_file, lies_in_run
from sunfront.study.library import refuse_unknown_code
from sunfront.study.messages import describe_all
from sunfront.study.mistakes import find_mistakes
from sunfront.study.overrides import split_overrides, text_or_list
from sunfront.study.presets import FILES, PresetFiles, place_in_file, preset_name
from sunfront.study.resolve import place_of
from sunfront.study.resolved import ResolvedStudy

#: What can be done with a plan's run.
TAKE_PLANS = "show, open, report, verify, compare and robust"


def marks_plan(data: Mapping[str, Any]) -> bool:
    """Whether the data of a file are those of a plan over time, not of a study of one design."""
    return "products" in data or ("horizon" in data and "architecture" not in data)


class Study(ResolvedStudy):
    """One question, as stated in a file: its keys, what they mean, and what can be asked of it.

    The keys are those of ``StudyKeys``.
    """

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
        rows += [("parameter", name, str(self.settings.get(name, value))) for name, value in self.given_values.items()]
        return f"<p><b>{escape(self.name)}</b>: {escape(self.question)}</p>" + html_table(("", "", ""), rows)

    @classmethod
    def load(
        cls,
        path: str | FilePath,
        overrides: Sequence[str] = (),
        name: str = "",
        *,
        check_engine: bool = False,
        trust_code: bool | None = None,
    ) -> Study:
        """Read and check a study file.

        Args:
            path: Path of the file; or the name of a shipped study, see ``find_study_file``.
            overrides: Values instead of those of the file, such as ``altitude=600 km``; they fix a variable.
            name: Name of the study, instead of the file's.
            check_engine: Also check that the engine can represent the problem.
            trust_code: Run the Python files of the study's libraries; if False, refuse those that are new. If None,
                they are trusted, unless the file lies in the folder of a run.

        Raises:
            StudyError: The file is wrong; with file, line and key, and all further mistakes as ``others``.
            UserError: An override is wrong.
        """
        path = find_study_file(path)
        file = read_yaml_file(path)
        if "name" in file.data:
            raise file.error("unknown key 'name': a study has the name of its file; remove the key", ("name",))
        if marks_plan(file.data):
            mark = "products" if "products" in file.data else "horizon"
            use = f"run, validate and sensitivity take it; {TAKE_PLANS} take its runs"
            raise file.error(f"this is a plan over time: {use}", (mark,))
        if trust_code is False or (trust_code is None and lies_in_run(path)):
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

    @classmethod
    def of_architecture(cls, name: str) -> Study:
        """Return the base design of an architecture as a study, without variables.

        Raises:
            UnknownName: There is no such architecture.
        """
        study = cls(name=name, architecture=name, objectives=["minimize compute_cost"])
        study.plain_arch  # noqa: B018  raises
        return study

    def with_overrides(self, overrides: Sequence[str]) -> Study:
        """Return the study with values set as on the command line, ``name=value``.

        Raises:
            UserError: A name, unit or value is wrong.
        """
        for text in [overrides] if isinstance(overrides, str) else overrides:
            name = text.partition("=")[0].strip()
            if name in type(self).model_fields.keys() - {"at", "combine", "prefer"}:
                raise UserError(f"--set {shortened(text)!r}: {name!r} is a key of the study: set it there")
            if name in type(self.engine).model_fields and name not in self.plain_arch.library.units:
                raise UserError(f"--set {shortened(text)!r}: {name!r} is a setting of the engine: set it in the study")
        written = dict(split_overrides(overrides, "altitude=600 km"))
        values: dict[str, Any] = {
            name: text_or_list(name, value) if name == "prefer" else _list_or_text(name, value)
            for name, value in written.items()
        }
        try:
            dated = self.with_changes(**{key: values.pop(key) for key in ("combine", "prefer") if key in values})
            if "at" in values:
                dated = dated.with_changes(at=values.pop("at"))
                dated.given_values  # noqa: B018  the date is checked even if what has a timeline is set too
            study = dated.with_values(values)
        except UserError as error:
            override_error = UserError(f"--set: {error.message}")
            override_error.cause = error
            raise override_error from None
        set_before = dict(text.split("=", 1) for text in self._overrides)
        study._overrides = tuple(f"{name}={value}" for name, value in sorted((set_before | written).items()))
        return study

    def with_values(self, values: Mapping[str, Fixed]) -> Study:
        """Return the study with quantities fixed at these values, texts with units or lists; they fix a variable.

        Raises:
            UserError: A name, unit or value is wrong.
        """
        variables, values = settled(self, values)
        fixed = set(values)
        own = {preset_name(item): item for _, item in self.preset_items}
        unused: set[str] = set()
        presets = list(self.preset_names)
        for name, spec in self.variables.items():
            if name in values and spec.presets is not None:
                if (choice := values.pop(name)) not in spec.preset_names:
                    raise UnknownName(str(choice), f"choice of {name}", spec.preset_names)
                presets = self.in_place(str(choice), presets)
                lacking = self.resolved_presets[name].lacking.items()
                unused |= {quantity for quantity, labels in lacking if choice in labels}
        # What only other choices use goes with them.
        study = self.with_changes(
            presets=[own[preset] for preset in presets],
            parameters={**{n: x for n, x in self.parameters.items() if n not in unused}, **values},
            timelines=(timelines := {n: x for n, x in self.timelines.items() if n not in fixed | unused}),
            at=self.at if timelines else None,
            variables={n: v for n, v in variables.items() if n not in fixed | unused},
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
            UserError: No engine has that name.
        """
        if name not in ENGINES and (found := setting_of(name)):
            engine, key = found
            raise UserError(
                f"unknown engine {name!r}: it is a {key} of the engine {engine}; use {engine}, and write {key}: {name} "
                "under engine in the study"
            )
        if name not in ENGINES:
            raise UnknownName(name, "engine", ENGINES)
        return self if name == self.engine.name else self.with_changes(engine=ENGINES[name]())

    def quick(self) -> Study:
        """Return the study with settings of its engine that take seconds."""
        return self.with_changes(engine=self.engine.quick())

    def evaluate(self, **values: Any) -> Evaluation:
        """Evaluate every quantity of the base design, in SI and USD, in the order of the equations.

        Args:
            values: Values that replace those of the study, as in ``sunfront.evaluate``; a text may also name the
                choice of a preset variable.

        Raises:
            UserError: A name, unit or value is wrong.
            NotFinite: A quantity is NaN or infinite.
            NotPhysical: A computed quantity is outside its physical range: the design cannot exist.
        """
        return evaluate_settings(*self.evaluated_design(values))

    def evaluated_design(self, values: Mapping[str, Any]) -> tuple[Architecture, Mapping[str, Setting], dict[str, Any]]:
        """Return the architecture of the base design, its settings, and the numbers that replace some of them.

        Args:
            values: As in ``evaluate``.

        Raises:
            UserError: A name, unit or value is wrong.
        """
        texts, numbers = split_values(values)
        study = self.with_values(texts) if texts else self
        return study.arch, study.base_settings, numbers

    @cached_property
    def base_evaluation(self) -> Evaluation:
        """Every quantity of the base design, even if it cannot exist: the base design may be no more than a start.

        Raises:
            NotFinite: A quantity is NaN or infinite.
        """
        return evaluate_settings(self.arch, self.base_settings, {}, hold=False)

    def pyomo_model(self, solver: str | None = None, is_solved: bool = False) -> Any:
        """Build the Pyomo model that maximizes the study's first objective; components are named after quantities.

        Over a catalogue the objective of a quotient is ``numerator - ratio x denominator``. If a run would solve the
        study at nominal values, so does the model, and a ``SunfrontWarning`` says why.

        Args:
            solver: As of ``engine.solver``. If None, the solver of the study's engine, or ``highs``.
            is_solved: Solve the study first, so that ``ratio`` is the best quotient; otherwise it is 0.

        Raises:
            NonlinearEquation: The solver cannot represent an equation.
            UserError: There is no such solver, or nothing to formulate; or the proof needs no such model.
        """
        from sunfront.engines import nominal
        from sunfront.engines.exact import engine

        settings = self.engine if isinstance(self.engine, PyomoSettings) else PyomoSettings()
        solvers = get_args(PyomoSettings.model_fields["solver"].annotation)
        if solver is not None and solver not in solvers:
            raise UnknownName(solver, "solver", solvers)
        settings = settings.model_copy(update={"solver": solver or settings.solver})
        if not self.problem.statistics:
            return engine.build_pyomo_model(self.problem, settings, is_solved)
        why = f"{settings.solver} takes no samples"
        if settings.is_over_catalogue:
            try:
                return engine.build_pyomo_model(self.problem, settings, is_solved)
            except NonlinearEquation as error:
                why = error.message
        warn(f"the model holds nominal values, as a run solves it: {why}", SunfrontWarning, stacklevel=2)
        return engine.build_pyomo_model(nominal.nominal_problem(self.problem), settings, is_solved)


def _list_or_text(name: str, text: str) -> Fixed:
    """Return the numbers of a list in brackets; of any other value its text, without quotation marks.

    Raises:
        UserError: It is neither, or an item of a list is no number.
    """
    parts = text_or_list(name, text)
    if isinstance(parts, str):
        return parts
    try:
        return tuple(map(float, parts))
    except ValueError as error:
        wrong = str(error).partition(": ")[2]
        raise UserError(
            f"--set {name}: {wrong} is no plain number; a list holds numbers, such as [1, 2]; write a single value "
            "without brackets"
        ) from None


def _range_text(variable: Variable) -> str:
    """Format the values that a variable may take."""
    if variable.choices:
        return ", ".join(map(variable.text, variable.choices))
    step_unit = units.DIFFERENCE if units.unit(variable.unit).offset else variable.unit
    step = "" if variable.step is None else f" in steps of {format_value(variable.step, step_unit)}"
    return f"{format_range(variable.low, variable.high, variable.unit)}{step}"
