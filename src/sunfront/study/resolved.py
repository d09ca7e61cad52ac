"""What a study means: its architecture, settings, variables and problem, each resolved when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from sunfront.display import format_number
from sunfront.errors import UserError
from sunfront.library import architectures
from sunfront.library.presets import Preset, drop_superseded
from sunfront.library.specs import PresetValue
from sunfront.problem.problem import Problem
from sunfront.problem.variables import Variable
from sunfront.study.base_design import given_settings, stated_base, stated_presets, variable_settings
from sunfront.study.combined import Combined, combine_objectives
from sunfront.study.conditions import with_conditions
from sunfront.study.criteria import with_criteria
from sunfront.study.keys import StudyKeys
from sunfront.study.preset_variables import PresetVariable, extended, resolve_preset_variable, unlike_note
from sunfront.study.presets import with_own_presets
from sunfront.study.quantities import with_quantities
from sunfront.study.resolve import resolve_problem
from sunfront.study.timelines import values_at_date
from sunfront.study.uncertainty import shipped_distributions
from sunfront.study.variables import resolve_variable, uneven_step_note

if TYPE_CHECKING:
    from sunfront.library.architectures import Architecture, Setting


class ResolvedStudy(StudyKeys):
    """What a study means. Every property raises UserError, with the path of the key, if what it needs is wrong."""

    @cached_property
    def base_preset_names(self) -> tuple[str, ...]:
        """Presets of the base design: those of the study, and those that it states for preset variables."""
        names = list(self.preset_names)
        for choice in stated_presets(self):
            names = self.in_place(choice, names)
        return tuple(names)

    def in_place(self, choice: str, names: Sequence[str]) -> list[str]:
        """Put a choice of a preset variable in the place of what it replaces."""
        known = self.plain_arch.library
        kept = drop_superseded(known.presets[choice], [known.presets[each] for each in names], known.module)
        return [*(preset.name for preset in kept), choice]

    @cached_property
    def plain_arch(self) -> Architecture:
        """The architecture without the presets; its library holds the study's own presets too."""
        library = with_own_presets(self.library, self.preset_items)
        try:
            return library.architectures[self.architecture]
        except UserError as error:
            raise error.under("architecture") from None

    @cached_property
    def arch(self) -> Architecture:
        """The architecture of the base design, with the equations of the presets and of the study's own quantities."""
        arch = with_criteria(self.combined.arch, self.combined.objectives, self.constraints)
        return with_conditions(arch, self.variables)

    @cached_property
    def combined(self) -> Combined:
        """The objectives that an engine gets: those of the study, or one that stands for all."""
        arch = architectures.apply_presets(self.plain_arch, self.base_preset_names)
        return combine_objectives(with_quantities(arch, self.quantities), self.combine, self.objectives)

    @cached_property
    def problem_arch(self) -> Architecture:
        """The architecture with the equations of preset variables too; it knows every quantity of the problem."""
        return extended(self.arch, list(self.resolved_presets.values()), self.quantities)

    @cached_property
    def given_values(self) -> Mapping[str, PresetValue]:
        """The study's own parameters as written, and the values of its timelines at its date.

        Raises:
            UserError: A name, date, unit or value of a timeline is wrong; with the path of the key.
        """
        return MappingProxyType({**self.parameters, **values_at_date(self)})

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
        given = {**self.given_values, **self.design_parameters}
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
        """Notes on values outside the range of their sources, or in place of equations, and on fractions and steps."""
        doubtful = [s for s in self.settings.values() if s.is_doubtful]
        known = self.arch.library.parameters
        fractions = [
            v.name
            for v in self.resolved_variables
            if v.name in known and known[v.name].whole and (v.is_continuous or v.low % 1 or (v.step or 0.0) % 1)
        ]
        return (
            [f"{s.name} = {s} lies outside the range of its sources" for s in doubtful]
            + [f"{name} counts whole things and takes fractions here; write integer: true" for name in fractions]
            + [note for v in self.resolved_variables if (note := uneven_step_note(v))]
            + [note for v in self.resolved_variables if (note := unlike_note(v.name, self._choices(v)))]
            + self._launch_notes
            + self._replaced_notes
            + self._idle_notes
        )

    def _choices(self, variable: Variable) -> list[Preset]:
        """The presets that a variable chooses among; none of a variable of numbers."""
        return [self.arch.library.presets[label] for label in variable.labels]

    @property
    def _replaced_notes(self) -> list[str]:
        """Notes on the quantities to which the study gives values, and which would be computed without them."""
        computed = {eq.name for eq in self.arch.model}
        computed -= architectures.before_study(self.arch, self.base_preset_names).keys()
        given = [
            f"{name} = {setting}"
            for name, setting in self.base_settings.items()
            if setting.origin == architectures.STUDY and name in computed - self.variables.keys()
        ]
        varied = [name for name in self.variables if name in computed]
        return [
            f"{how} in place of {'its equation' if len(found) == 1 else 'their equations'}: {', '.join(found)}"
            for how, found in (("given", given), ("varied", varied))
            if found
        ]

    @property
    def _idle_notes(self) -> list[str]:
        """Notes on values of the study that move no other quantity, and are no criterion."""
        problem = self.problem
        given = {*problem.values, *self.variables}
        read = {name for eq in problem.model.order(given) for name in eq.inputs} | {*problem.criterion_names}
        found = [name for name, s in self.base_settings.items() if s.origin == architectures.STUDY]
        idle = [name for name in found if name in problem.values and name not in read]
        return [f"{name} is given without effect: no other quantity depends on it" for name in idle]

    @property
    def _launch_notes(self) -> list[str]:
        """What to say of a campaign with part of a launch."""
        settings, arch = self.base_settings, self.arch
        if "launches" not in arch.model or "launches" in settings:
            return []
        launches = float(arch.model.evaluate({name: s.value for name, s in settings.items()}, ["launches"])["launches"])
        if abs(launches - round(launches)) <= 1e-6 * launches:
            return []
        return [f"the campaign has {format_number(launches)} launches, but launches are whole; change launch_cadence"]
