"""A plan: its YAML file, read, checked, and resolved into the problem of the engine ``plan``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from functools import cached_property, partial
from pathlib import Path as FilePath
from typing import Any

from pydantic import PrivateAttr, ValidationError

from sunfront.display import format_value
from sunfront.engines.plan.amounts import check_amounts
from sunfront.errors import Path, StudyError, UserError, each_of, shortened
from sunfront.library.values import unknown_value
from sunfront.library.yaml_file import YamlFile, read_yaml_file
from sunfront.problem.horizon import MONTHS, Horizon
from sunfront.problem.limits import missed_limits
from sunfront.problem.plan import Plan
from sunfront.problem.scenarios import Factor
from sunfront.study.calendar import read_date
from sunfront.study.find import find_study_file
from sunfront.study.library import refuse_unknown_code
from sunfront.study.mistakes import find_mistakes
from sunfront.study.plan_designs import Designs, as_written, with_designs, written_names
from sunfront.study.plan_learning import resolve_shared
from sunfront.study.plan_limits import resolve_capital, resolve_supply, resolve_tiers
from sunfront.study.plan_lines import check_constraints, check_objectives, parse_plan_constraint, parse_plan_objective
from sunfront.study.plan_overrides import override
from sunfront.study.plan_products import resolve_product
from sunfront.study.plan_specs import PlanKeys, ProductSpec, describe_plan
from sunfront.study.plan_stores import check_stores
from sunfront.study.plan_uncertain import resolve_factors
from sunfront.study.presets import FILES, PresetFiles, place_in_file
from sunfront.study.study import Study, marks_plan

#: Keys whose values all products share that have none of their own.
SHARED = ("parameters", "timelines")

#: Most periods of a plan: 50 years of quarters.
MOST_PERIODS = 200


def _inputs(study: Study) -> set[str]:
    """What the equations of a study take, and what they give."""
    return {*study.arch.model.inputs, *(eq.name for eq in study.arch.model)}


def is_plan(path: str | FilePath) -> bool:
    """Return whether a file states a plan, not a study of one design; False if it cannot be read."""
    try:
        return marks_plan(read_yaml_file(find_study_file(path)).data)
    except UserError:
        return False


class PlanStudy(PlanKeys):
    """A plan as stated in a file, and what it means."""

    _overrides: tuple[str, ...] = PrivateAttr(())
    _file: YamlFile | None = PrivateAttr(None)
    _names: Mapping[str, str] = PrivateAttr({})

    @classmethod
    def load(
        cls,
        path: str | FilePath,
        overrides: Sequence[str] = (),
        name: str = "",
        *,
        trust_code: bool | None = None,
        designs: Designs | None = None,
    ) -> PlanStudy:
        """Read and check the file of a plan.

        Args:
            path: Path of the file, or the name of a shipped plan.
            overrides: Values instead of those of the file: ``discount_rate=12 %/year`` for all products,
                ``bus.launch_specific_price=200 USD/kg`` for one, ``launches.offered=20 1/year`` for a supply,
                ``capital.limit=2 GUSD`` for another key, ``constraints=fleet_it_power at 2030 >= 1 GW`` for a line.
            trust_code: As ``Study.load``.
            designs: Reads the designs of runs; without it they are refused.

        Raises:
            StudyError: The file is wrong; with file, line and key, and all further mistakes as ``others``.
            UserError: An override is wrong.
        """
        path = find_study_file(path)
        file = read_yaml_file(path)
        if "name" in file.data:
            raise file.error("unknown key 'name': a plan has the name of its file; remove the key", ("name",))
        if trust_code is False:
            refuse_unknown_code(file)
        preset_files: PresetFiles = {}
        names: dict[str, str] = {}

        def build(given: Mapping[str, Any], changed: Collection[tuple[str, ...]] = ()) -> PlanStudy:
            context = {"folder": path.parent, FILES: preset_files}
            data = given if designs is None else with_designs(given, designs)
            names.update(written_names(data, given))
            try:
                built = cls.model_validate({"name": name or path.stem, **data}, context=context)
                built.check()
                own = changed or [(key, name) for key in SHARED for name in getattr(built, key)]
                built.refuse_unused((keys[0], keys[1]) for keys in own if len(keys) == 2 and keys[0] in SHARED)
            except UserError as error:
                for each in (error, *error.others):
                    each.path = as_written(each.path, names)
                raise
            built._file, built._names = file, names
            return built

        def describe(error: ValidationError) -> list[tuple[Path, str]]:
            """The mistakes as of the file, where several designs share one."""
            return [*dict.fromkeys((as_written(keys, names), reason) for keys, reason in describe_plan(error))]

        try:
            study = build(file.data)
        except (ValidationError, UserError):
            placed = partial(place_in_file, preset_files)
            first, *others = find_mistakes(file, build, describe, placed)
            first.others = tuple(others)
            raise first from None
        if not overrides:
            return study
        data = deepcopy(file.data)
        keys = override(data, overrides)
        try:
            changed = build(data, keys)
        except ValidationError as error:
            at, message = describe(error)[0]
            raise UserError(f"--set: {'.'.join(map(str, at))}: {message}") from None
        except UserError as error:
            place = ".".join(map(str, as_written(error.path, names)))
            raise UserError(f"--set: {place and f'{place}: '}{error.message}") from None
        changed._overrides = tuple(sorted(overrides))
        return changed

    def as_data(self) -> dict[str, Any]:
        """The plan as data of a file, without its library; presets of files are written out."""
        return self.model_dump(mode="json", exclude={"name", "library"}, exclude_unset=True)

    @property
    def title(self) -> str:
        """Name of the plan with the values that ``--set`` gave."""
        return f"{self.name} [--set {', '.join(self._overrides)}]" if self._overrides else self.name

    @property
    def overrides(self) -> tuple[str, ...]:
        """Values that were set as on the command line."""
        return self._overrides

    def quick(self) -> PlanStudy:
        """Return the plan with settings that take seconds."""
        return self.model_copy(update={"engine": self.engine.quick()})

    @contextmanager
    def placing_errors(self) -> Iterator[None]:
        """Give a mistake that is found after the plan was read its file and line; without a file, its key."""
        try:
            yield
        except StudyError:
            raise
        except UserError as error:
            keys = as_written(error.path, self._names)
            if not keys:
                raise
            if self._file is None:
                raise UserError(f"{'.'.join(map(str, keys))}: {error.message}") from None
            raise self._file.error(error.message, keys, error) from None

    def check(self) -> None:
        """Raise UserError unless the plan can be solved; with the path of the key."""
        check_amounts(self.plan)
        check_stores(self.plan, self.factors)

    @cached_property
    def resolved_horizon(self) -> Horizon:
        """The calendar.

        Raises:
            UserError: A date is wrong; with the path of the key.
        """
        dates = []
        for key in ("start", "end"):
            try:
                dates.append(read_date(getattr(self.horizon, key)))
            except UserError as error:
                raise error.under("horizon", key) from None
        start, end = dates
        months = MONTHS[self.horizon.period]
        if end <= start:
            raise UserError(
                f"the end, {self.horizon.end}, is not after the start, {self.horizon.start}", ("horizon", "end")
            )
        count, rest = divmod(end - start, months)
        if rest:
            span = f"{self.horizon.start} to {self.horizon.end}"
            message = f"from {span} is no whole number of periods, each a {self.horizon.period}"
            raise UserError(message, ("horizon", "end"))
        if count > MOST_PERIODS:
            raise UserError(f"{count} periods are more than {MOST_PERIODS}; take longer periods", ("horizon", "period"))
        return Horizon(start, count, self.horizon.period)

    @cached_property
    def product_studies(self) -> Mapping[str, Study]:
        """The study of each product, whose base design is the product.

        Raises:
            UserError: A name, unit or value is wrong; with the path of the key.
        """
        found, known = {}, set()
        for name, spec in self.products.items():
            study = self._product_study(name, spec, {})
            inputs = _inputs(study)
            known |= inputs
            shared = {key: value for key, value in self.parameters.items() if key in inputs}
            found[name] = self._product_study(name, spec, shared) if shared else study
        for key in SHARED:
            for name in getattr(self, key):
                if name not in known:
                    written = self.parameters[name] if key == "parameters" else None
                    raise unknown_value(self.library, name, "parameter of a product", known, written).under(key, name)
        return found

    def refuse_unused(self, keys: Iterable[tuple[str, str]]) -> None:
        """Raise UserError if all products replace a value of the plan by their own.

        Args:
            keys: Of the values, each with ``parameters`` or ``timelines``.
        """
        for key, name in keys:
            with_own = [p for p, spec in self.products.items() if name in {*spec.parameters, *spec.timelines}]
            if all(p in with_own for p, study in self.product_studies.items() if name in _inputs(study)):
                raise UserError(
                    f"each product that has {name} gives its own value ({', '.join(with_own)}), so that this one means "
                    "nothing; change those, or remove one of them",
                    (key, name),
                )

    def _product_study(self, name: str, spec: ProductSpec, shared: Mapping[str, Any]) -> Study:
        if spec.design is not None:
            raise UserError("sunfront.load and the commands read designs of runs", ("products", name, "design"))
        try:
            study = Study(
                name=name,
                library=self.library,
                architecture=spec.architecture,
                presets=spec.presets,
                parameters={**shared, **spec.parameters},
                variables=spec.variables,
                objectives=("maximize npv",),
                engine={"name": "sweep"},
            )
            study.problem  # noqa: B018  its mistakes have their place here
            return study
        except UserError as error:
            own = error.path[:1] != ("parameters",) or (error.path[1:2] and error.path[1] in spec.parameters)
            error.path = ("products", name, *error.path) if own else error.path
            raise

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """What of the plan is uncertain.

        Raises:
            UserError: Something is wrong; with the path of the key.
        """
        return resolve_factors(self.uncertain, self.plan, self.product_studies, self.groups)

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Products by the name in the file: one, or the designs among which the plan chooses."""
        found: dict[str, tuple[str, ...]] = {}
        for name, spec in self.products.items():
            found[spec.group or name] = (*found.get(spec.group or name, ()), name)
        return found

    @property
    def notes(self) -> list[str]:
        """Notes on products: where values are doubtful, and limits that a product as it is built misses."""
        found = []
        for name, study in self.product_studies.items():
            given = {**study.problem.values, **study.problem.base}
            is_built = not study.problem.variables  # else the plan chooses what is built
            missed = [
                f"{miss.constraint} is not met: {format_value(miss.value, miss.constraint.unit)}"
                for miss in (missed_limits(study.problem, given, 1) if is_built else ())
            ]
            found += [f"{name}: {note}" for note in (*missed, *study.range_notes)]
        for group, names in self.groups.items():
            if self.products[names[0]].group:
                designs = ", ".join(dict.fromkeys(self.products[name].note for name in names))
                found.append(
                    f"{group}: proved over {len(names)} designs, not over those between them: {shortened(designs, 200)}"
                )
        return found

    @cached_property
    def plan(self) -> Plan:
        """The problem over time.

        Raises:
            UserError: Something is wrong; with the path of the key.
        """
        horizon = self.resolved_horizon
        products = tuple(
            resolve_product(self, name, spec, self.product_studies[name], horizon)
            for name, spec in self.products.items()
        )
        rates = {p.name: float(p.problem.values["discount_rate"]) for p in products}
        rate = next(iter(rates.values()))
        for name, other in rates.items():
            if other != rate:
                raise UserError(
                    f"discount_rate of {name} is not that of {products[0].name}; a plan has one: give it under "
                    "parameters",
                    ("products", name),
                )
        supplies = tuple(resolve_supply(name, spec, products, horizon) for name, spec in self.supply.items())
        objectives = tuple(
            each_of("objectives", self.objectives, lambda text: parse_plan_objective(text, products, horizon))
        )
        constraints = tuple(
            each_of("constraints", self.constraints, lambda text: parse_plan_constraint(text, products, horizon))
        )
        check_objectives(objectives, products)
        check_constraints(constraints)
        return Plan(
            horizon=horizon,
            products=products,
            supplies=supplies,
            tiers=resolve_tiers(self.market, horizon),
            capital=resolve_capital(self.capital),
            objectives=objectives,
            constraints=constraints,
            discount_rate=rate,
            shared=resolve_shared(self, products, self.groups),
        )
