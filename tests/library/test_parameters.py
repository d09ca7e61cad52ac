"""The shipped numbers: each has a unit, a source and a range that contains it, and is used."""

import math
from collections import Counter
from contextlib import suppress
from functools import cache
from importlib.resources import files
from itertools import combinations

import pytest
import scipy.constants
from common import ROOT, check_each
from ruamel.yaml import YAML

from sunfront.errors import PresetError, RangeError, UnknownName, UserError
from sunfront.library.architectures import (
    COMPUTED,
    DEFAULT,
    apply_presets,
    quantity_unit,
    quantity_value,
    resolve,
)
from sunfront.library.checks import check_preset
from sunfront.library.groups import check_group
from sunfront.library.library import Library
from sunfront.library.parameters import DISTRIBUTIONS, TRUST, data_names, load_data, parse_yaml
from sunfront.library.specs import ValueSpec
from sunfront.library.values import ranged_parameter
from sunfront.study.criteria import parse_constraints
from sunfront.units import unit

LIBRARY = Library.shipped()

ARCHITECTURES = data_names("architectures")
PRESETS = data_names("presets")
ENTRIES = {name: entry for topic in data_names("parameters") for name, entry in load_data("parameters", topic).items()}
NUMBERS = [name for name, entry in ENTRIES.items() if not isinstance(entry["value"], list)]
FITS = [name for name, entry in ENTRIES.items() if isinstance(entry["value"], list)]
FILES = [(folder, name) for folder in ("parameters", "presets", "architectures") for name in data_names(folder)]


def test_no_key_is_written_twice():
    def check(folder, name):
        # ruamel rejects a duplicate key; the loader of shipped data does not.
        text = files("sunfront.data").joinpath(folder, f"{name}.yaml").read_text("utf-8")
        assert YAML(typ="safe").load(text) == load_data(folder, name)

    check_each(check, FILES)


def test_no_parameter_is_defined_in_two_files():
    count = Counter(name for topic in data_names("parameters") for name in load_data("parameters", topic))
    assert [name for name, times in count.items() if times > 1] == []
    assert LIBRARY.parameters.keys() == count.keys()


def test_every_entry_has_a_source_a_trust_and_a_unit():
    def check(name):
        entry = ENTRIES[name]
        assert len(entry["source"].strip()) > 3
        assert entry["trust"] in TRUST
        assert unit(entry["unit"]).factor > 0

    check_each(check, ENTRIES)


def test_every_range_holds_the_value():
    def check(name):
        entry = ENTRIES[name]
        least, most = entry["allowed"]
        assert ("low" in entry) == ("high" in entry)
        low, high = entry.get("low", entry["value"]), entry.get("high", entry["value"])
        assert least <= low <= entry["value"] <= high <= most
        assert math.isfinite(least)
        assert math.isfinite(most)

    check_each(check, NUMBERS)


def test_values_beyond_the_allowed_range_are_refused():
    def check(name):
        p = LIBRARY.parameters[name]
        least, most = p.allowed
        for value in (p.value, least, most):
            p.check(value)
        assert p.is_plausible(p.value)
        step = 1e-6 * max(abs(least), abs(most))
        for beyond in (least - step, most + step, math.inf, -math.inf, math.nan):
            with pytest.raises(RangeError) as caught:
                p.check(beyond)
            assert caught.value.quantity == name
            assert caught.value.message.startswith(f"{name} = ")

    check_each(check, NUMBERS)


def test_every_fit_states_its_error_and_takes_no_single_number():
    def check(name):
        assert LIBRARY.parameters[name].error
        assert not {"low", "high", "allowed"} & ENTRIES[name].keys()
        assert all(math.isfinite(c) for c in ENTRIES[name]["value"])
        with pytest.raises(RangeError) as caught:
            LIBRARY.parameters[name].check(1.0)
        assert caught.value.quantity == name

    check_each(check, FITS)


def test_only_a_fit_states_an_error():
    assert [name for name in NUMBERS if "error" in ENTRIES[name]] == []


def test_every_parameter_is_used():
    models = [LIBRARY.architectures[title].model for title in ARCHITECTURES]
    models += [
        apply_presets(LIBRARY.architectures[fitting(p)[0]], [p]).model for p in PRESETS if LIBRARY.presets[p].equations
    ]
    used = {name for model in models for name in (*model.inputs, *(eq.name for eq in model))}
    assert ENTRIES.keys() - used == set()


@pytest.mark.parametrize(
    ("name", "value", "relative"),
    [
        ("stefan_boltzmann", scipy.constants.Stefan_Boltzmann, 1e-9),
        ("standard_gravity", scipy.constants.g, 1e-12),
        ("year", scipy.constants.Julian_year, 1e-12),
        ("displacement_damage_unit", 1e9 * scipy.constants.eV, 1e-12),  # MeV/g = 1e6 eV / 1e-3 kg
        ("earth_gravity", 3.986004418e14, 1e-12),  # WGS 84
        ("earth_radius", 6378137.0, 1e-12),  # WGS 84
        ("earth_rotation_speed", 7.292115e-5 * 6378137.0, 1e-4),  # WGS 84
        ("cell_reference_temperature", scipy.constants.convert_temperature(28, "Celsius", "Kelvin"), 1e-12),
        ("accelerator_power", 140e3 / 72, 3e-3),  # what its source says
        ("learning_anchor_mass", 400e3, 1e-12),
        ("discount_rate", 0.1 / scipy.constants.Julian_year, 1e-12),
    ],
)
def test_values_in_si(name, value, relative):
    assert LIBRARY.parameters[name].value == pytest.approx(value, rel=relative)


def test_unknown_parameter_names_the_nearest():
    with pytest.raises(UnknownName) as caught:
        LIBRARY.parameters["altitud"]
    assert (caught.value.kind, caught.value.name, caught.value.nearest) == ("parameter", "altitud", "altitude")


def test_shipped_parameters_cannot_be_changed():
    with pytest.raises(TypeError):
        LIBRARY.parameters["altitude"] = LIBRARY.parameters["year"]
    with pytest.raises(AttributeError):
        LIBRARY.parameters["altitude"].value = 1.0


#: Presets that set quantities of another preset's equations, mapped to that preset.
GOES_WITH = dict.fromkeys(["starlink_v2_mini", "starlink_v1", "oneweb", "iridium_next"], "given_specific_mass")


def together(name):
    """A preset together with the one that it requires."""
    return [GOES_WITH[name], name] if name in GOES_WITH else [name]


@cache
def fitting(name):
    """The architectures that a preset fits."""
    found = []
    for title in ARCHITECTURES:
        with suppress(UserError):
            resolve(apply_presets(LIBRARY.architectures[title], together(name)), together(name))
            found.append(title)
    return tuple(found)


@pytest.mark.parametrize("name", GOES_WITH)
def test_a_preset_names_the_one_that_it_goes_with(name):
    assert GOES_WITH[name] in LIBRARY.presets[name].note
    assert {"cluster", "starlink_bus"} <= set(fitting(name))
    with pytest.raises(PresetError) as caught:
        resolve(LIBRARY.architectures["cluster"], [name])
    assert (caught.value.preset, caught.value.other) == (name, "")
    assert caught.value.lacks == "node_specific_mass"


def test_every_preset_has_a_title_a_source_a_content_and_an_architecture():
    def check(name):
        p = LIBRARY.presets[name]
        assert len(p.title.strip()) > 3
        assert len(p.source.strip()) > 3
        assert p.values or p.equations
        assert fitting(name)

    check_each(check, PRESETS)


def test_a_chip_fits_every_architecture():
    for name in ("h100", "b200", "gb200", "tpu"):
        assert fitting(name) == tuple(ARCHITECTURES)


def test_a_preset_that_does_not_fit_says_what_is_lacking():
    with pytest.raises(PresetError) as caught:
        resolve(LIBRARY.architectures["terrestrial"], ["falcon_9"])
    assert (caught.value.preset, caught.value.other) == ("falcon_9", "")
    assert caught.value.lacks.startswith("launch")
    assert caught.value.path == ("presets", 0)
    assert "'terrestrial'" in caught.value.message


def test_every_preset_value_is_of_its_quantity():
    def check(name, key):
        written = LIBRARY.presets[name].values[key]
        text = written.value if isinstance(written, ValueSpec) else written
        arch = apply_presets(LIBRARY.architectures[fitting(name)[0]], together(name))
        if isinstance(text, list):
            assert len(text) == len(LIBRARY.parameters[key].value)
        elif text == COMPUTED:
            assert key in arch.model
        elif text == DEFAULT:
            assert key in ENTRIES
        else:
            assert math.isfinite(quantity_value(arch, key, text))
            assert resolve(arch, together(name))[key].origin == f"preset {name}"

    check_each(check, [(name, key) for name in PRESETS for key in LIBRARY.presets[name].values])


def test_every_range_of_a_preset_holds_its_value_and_names_its_source():
    def check(name, key, written):
        known = LIBRARY.parameters.get(key)
        found = ranged_parameter(key, written, LIBRARY.units[key], known, LIBRARY.presets[name].source)
        assert found.low <= found.value <= found.high
        assert found.low < found.high
        assert len(found.source.strip()) > 3
        if known:
            assert known.allowed[0] <= found.low <= found.high <= known.allowed[1]
        found.build_distribution(found.value)

    ranged = [
        (name, key, written)
        for name in PRESETS
        for key, written in LIBRARY.presets[name].values.items()
        if isinstance(written, ValueSpec)
    ]
    assert {"falcon_9", "new_glenn", "h100", "b200", "gb200", "colocation"} <= {name for name, _, _ in ranged}
    check_each(check, ranged)


def test_every_preset_is_a_whole_member_of_its_group():
    check_each(lambda name: check_preset(LIBRARY, LIBRARY.presets[name]), PRESETS)
    check_each(lambda name: check_group(LIBRARY, LIBRARY.groups[name]), LIBRARY.groups)
    assert {p.group for p in LIBRARY.presets.values()} - {""} == LIBRARY.groups.keys()


@pytest.mark.parametrize(
    ("name", "presets", "both"),
    [
        ("terrestrial", ["solar_battery", "colocation"], "power source"),  # was: power for nothing
        ("terrestrial", ["on_site_gas", "colocation"], "power source"),
        ("terrestrial", ["solar_battery", "on_site_gas"], "power source"),
        ("starlink_bus", ["radiator_fixed_horizontal", "radiator_ram_facing"], "radiator's attitude"),
        ("starlink_bus", ["radiator_fixed_horizontal", "radiator_behind_array"], "radiator's attitude"),
        ("starlink_bus", ["falcon_9", "new_glenn"], "launcher"),
    ],
)
def test_two_presets_of_a_kind_are_refused(name, presets, both):
    for order in (presets, presets[::-1]):
        with pytest.raises(PresetError) as caught:
            apply_presets(LIBRARY.architectures[name], order)
        assert (caught.value.other, caught.value.preset) == tuple(order)
        assert caught.value.path == ("presets", 1)
        assert both in caught.value.message


def test_equations_do_not_outlive_the_values_that_go_with_them():
    with pytest.raises(PresetError) as caught:
        apply_presets(LIBRARY.architectures["starlink_bus"], ["radiator_fixed_horizontal", "orbit_53_deg"])
    assert (caught.value.other, caught.value.preset) == ("radiator_fixed_horizontal", "orbit_53_deg")
    assert apply_presets(LIBRARY.architectures["starlink_bus"], ["orbit_53_deg", "radiator_fixed_horizontal"])


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_presets_that_go_together_bring_the_same_equations_in_any_order(name):
    def built(*presets):
        arch = apply_presets(LIBRARY.architectures[name], presets)
        resolve(arch, presets)
        return {(eq.name, eq.module) for eq in arch.model}

    tried = 0
    for pair in combinations([each for each in PRESETS if LIBRARY.presets[each].equations], 2):
        with suppress(UserError):
            assert built(*pair) == built(*pair[::-1]), pair
            tried += 1
    assert tried


def test_a_kind_of_presets_has_more_than_one():
    kinds = Counter(LIBRARY.presets[name].group for name in PRESETS if LIBRARY.presets[name].group)
    assert min(kinds.values()) > 1


def test_unknown_preset_names_the_nearest():
    with pytest.raises(UnknownName) as caught:
        LIBRARY.presets["h10"]
    assert (caught.value.kind, caught.value.name, caught.value.nearest) == ("preset", "h10", "h100")


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_architecture(name):
    arch = LIBRARY.architectures[name]
    assert len(arch.title.strip()) > 3
    assert len(arch.description.strip()) > 20
    assert len(arch.count) == 1
    for total, variable in {**arch.count, **arch.amounts}.items():
        assert variable in arch.model.inputs
        assert variable in ENTRIES
        assert set(arch.model[total].inputs) <= {variable, *arch.count}
    assert arch.constraints
    assert [text for text in arch.constraints if parse_constraints(arch, text)[0].quantity not in arch.model] == []
    # Every input has a shipped value, so that the base design can be evaluated.
    assert sorted(arch.model.inputs - ENTRIES.keys()) == []


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_quantity_of_one_name_has_one_dimension(name):
    arch = LIBRARY.architectures[name]
    given = {key: unit(ENTRIES[key]["unit"]).dimension for key in ENTRIES if key in arch.model}
    assert given == {key: unit(quantity_unit(arch, key)).dimension for key in given}
    assert "compute_price" in given


def test_merge_order_is_parameters_preset_study():
    arch = LIBRARY.architectures["starlink_bus"]
    assert resolve(arch)["accelerator_power"].value == pytest.approx(1940.0)
    assert resolve(arch, ["h100"])["accelerator_power"].value == pytest.approx(1000.0)
    assert resolve(arch, ["h100", "handmer_2025"])["accelerator_power"].value == pytest.approx(650.0)
    assert resolve(arch, ["handmer_2025", "h100"])["accelerator_power"].value == pytest.approx(1000.0)
    found = resolve(arch, ["h100"], {"accelerator_power": "0.9 kW"})["accelerator_power"]
    assert (found.value, found.origin) == (pytest.approx(900.0), "study")


def test_every_shipped_distribution_spans_the_sources():
    """Every parameter with a range has a distribution between the allowed limits."""

    def check(name):
        p = LIBRARY.parameters[name]
        assert p.distribution in DISTRIBUTIONS
        if p.low is None or p.low == p.high or p.whole or p.choices:
            with pytest.raises(RangeError) as caught:
                p.build_distribution(p.value)
            assert "no range in its sources" in caught.value.message
            return
        distribution = p.build_distribution(p.value)
        if p.distribution == "triangular":
            assert distribution.support == (p.low, p.high)
            with pytest.raises(RangeError) as caught:
                p.build_distribution(p.high + (p.high - p.low))
            assert "outside the range of its sources" in caught.value.message
        else:
            assert (distribution.cdf(p.low), distribution.cdf(p.high)) == pytest.approx((0.1, 0.9))
            assert p.high / p.low >= 10

    check_each(check, ENTRIES)


def test_roles_tell_decisions_and_constants_from_assumptions():
    """A variable of a shipped study is a decision, unless the study explores an assumption."""
    from common import STUDIES
    from yaml import safe_load

    from sunfront.library.parameters import ROLES

    known = LIBRARY.parameters
    assert {p.role for p in known.values()} == ROLES.keys()
    for name in load_data("parameters", "design").keys() - {"solar_flux_index"}:
        assert known[name].role == "decision", name
    for name in load_data("parameters", "constants").keys() - {"earth_infrared_flux", "earth_albedo"}:
        assert known[name].role == "constant", name
    used = {name for path in STUDIES.glob("*.yaml") for name in safe_load(path.read_text("utf-8")).get("variables", {})}
    explored = {"board_specific_mass", "launched_mass_to_date"}
    assert {name for name in used if name in known and known[name].role != "decision"} == explored


def test_no_parameter_is_defined_twice():
    """The second definition would replace the first without a word."""
    files = sorted((ROOT / "src/sunfront/data/parameters").glob("*.yaml"))
    names = [name for path in files for name in parse_yaml(path.read_text("utf-8"))]
    assert len(files) > 5
    assert sorted(names) == sorted(set(names))
