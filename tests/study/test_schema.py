"""The JSON Schema of a study accepts what is right and refuses typical mistakes."""

from __future__ import annotations

import json
import re

import pytest
from common import STUDIES
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from sunfront.engines import ENGINES
from sunfront.errors import StudyError
from sunfront.library.library import Library
from sunfront.library.parameters import parse_yaml
from sunfront.study.schema import schema_text, study_schema
from sunfront.study.schema_models import attributes
from sunfront.study.study import Study
from sunfront.study.template import template

SCHEMA = study_schema(Library.shipped())
VALIDATOR = Draft202012Validator(SCHEMA)


def complete(text):
    """The data of a study that says this."""
    return {"architecture": "starlink_bus", "objectives": ["maximize roi"]} | parse_yaml(text)


def test_it_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_studies_conform(path):
    VALIDATOR.validate(parse_yaml(path.read_text("utf-8")))


@pytest.mark.parametrize("name", Library.shipped().architectures)
def test_templates_conform_with_all_their_examples(name):
    text = re.sub(r"^#(?! \S)", "", template(name), flags=re.MULTILINE)
    VALIDATOR.validate(parse_yaml(text))


#: What a study may say. That ``validate`` accepts it too is tested elsewhere.
RIGHT = [
    "objectives: maximize roi",
    "objectives: [maximize p10 roi, minimize cvar10 compute_cost, minimize probability(npv < 0 USD)]",
    "constraints: [node_mass <= 4 t, p95 node_mass <= 4 t, probability(npv > 0 USD) >= 80 %, altitude >= 500 km]",
    "constraints: payback_time <= 5 year",
    "objectives: [maximize annual_revenue / fleet_mass, max (npv - capex), MAX ROI, minimize altitude]",
    "constraints: [node_array_area + node_radiator_area <= 300 m^2, 500 km <= altitude <= 900 km, P95 ROI ≥ 3 %]",
    "constraints: ['probability(npv / capex > 0.2) >= 80 %', 'max(node_array_area, node_radiator_area) <= 300 m^2']",
    "constraints: [0.4 * node_array_area <= node_radiator_area, node_mass < 4 t, node_mass == 4 t +- 1 %]",
    "quantities: {value: annual_revenue / fleet_mass}\nobjectives: [maximize value]\nconstraints: [value >= 1 USD/kg]",
    "quantities: {value: {is: annual_revenue / fleet_mass, unit: USD/kg, why: asked}}",
    "presets: [./mychip.yaml, b200, {name: mine, source: a quote, values: {altitude: 600 km}}]",
    "presets: {name: mine, source: a quote, values: {altitude: {value: 600 km, low: 500 km, high: 700 km}}}",
    "parameters: {altitude: 600 km, launch_cadence: 52 1/year, utilization: 0.8, opex_rate: 3 %/year, capex: 1e8 USD}",
    "parameters: {altitude: default, eclipse_fraction: computed, learning_anchor_cost: '1,800 USD/kg'}",
    "variables: {altitude: {low: 400, high: 600, unit: km, step: 10}, chip: {presets: [h100, b200]}}",
    "variables: {battery_share: {choices: [0, 0.5, 1], unit: 1}}",
    "uncertain: [utilization]",
    "uncertain: {utilization: default, compute_price: {uniform: {low: 1 USD/kWh, high: 2 USD/kWh}}}",
    "uncertain: {launch_specific_price: {uniform: {low: 500 USD/kg, high: 900 USD/kg}}}",
    "uncertainty: {samples: 512}",
    "timelines: {launch_specific_price: {2027-01: 1500 USD/kg, 2030Q1: 900 USD/kg}}\nat: 2029-06",
    "timelines: {compute_price: {from: 2 USD/kWh, rate: -5 %/year, since: 2027-01}}\nat: 2029",
    "engine: {name: optuna, trials: 100, time_limit: 10 min, stall: null}",
    "library: [./one, ./two]",
    "{}",
]


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_right_is_accepted(text):
    VALIDATOR.validate(complete(text))


#: Mistakes that ``validate`` refuses too.
WRONG = [
    "architecture: starlnk_bus",
    "presets: [b20]",
    "presets: [{name: mine, source: a quote, values: {altitud: 600 km}}]",
    "quantities: {value: {is: annual_revenue / fleet_mass, unti: USD/kg}}",
    "quantities: {value: annual_revenue / fleet_mass}\nobjectives: [maximise]",
    "objectives: [maximize rio]",
    "objectives: [roi]",
    "objectives: [maximize p10 rio]",
    "objectives: []",
    "constraints: [node_mas <= 4 t]",
    "constraints: [node_mass]",
    "parameters: {altitud: 600 km}",
    "parameters: {altitude: 600}",
    "parameters: {altitude: six hundred km}",
    "parameters: {altitude: [1, 2]}",
    "variables: {altitud: {low: 400 km, high: 600 km}}",
    "variables: {altitude: {lo: 400 km, high: 600 km}}",
    "variables: {chip: {presets: [h100, b20]}}",
    "uncertain: [utilizatio]",
    "uncertain: {utilization: defalt}",
    "uncertain: {utilization: {uniform: {low: 0.2, hgh: 0.3}}}",
    "uncertainty: {samples: many}",
    "timelines: {launch_specific_prise: {2027-01: 1500 USD/kg}}\nat: 2029-06",
    "engine: {name: pyom}",
    "engine: {name: pyomo, gapp: 1 %}",
    "engine: {name: optuna, sampler: nsga4}",
    "engine: {gap: 1 %}",
    "seed: -1",
    "constrants: [node_mass <= 4 t]",
    "name: other",
]


@pytest.mark.parametrize("text", WRONG)
def test_a_mistake_is_refused_as_by_validate(text, tmp_path):
    data = complete(text)
    assert not VALIDATOR.is_valid(data)
    path = tmp_path / "wrong.yaml"
    path.write_text(json.dumps(data), "utf-8")
    with pytest.raises(StudyError):
        Study.load(path)


@pytest.mark.parametrize("cls", [Study, *ENGINES.values()], ids=lambda cls: cls.__name__)
def test_every_key_has_the_text_of_its_docstring(cls):
    texts = attributes(cls)
    entries = (SCHEMA if cls is Study else SCHEMA["$defs"][cls.__name__])["properties"]
    for key, entry in entries.items():
        if key != "name" and not entry.get("deprecated"):
            assert entry["description"].startswith(texts[key].replace("``", "'")), key
            assert len(texts[key]) > 5


def test_members_of_an_enumeration_are_explained():
    assert attributes(Study)["seed"] == "Seed of everything random."
    entries = SCHEMA["$defs"]["OptunaSettings"]["properties"]
    meanings = dict(zip(entries["sampler"]["enum"], entries["sampler"]["enumDescriptions"], strict=True))
    assert meanings["nsga2"] == "a genetic algorithm"
    assert all(meanings.values())
    assert all(SCHEMA["$defs"]["PyomoSettings"]["properties"]["solver"]["enumDescriptions"])
    assert "MW" in {form["const"] for form in SCHEMA["$defs"]["Unit"]["anyOf"][1:]}


def test_an_own_library_adds_its_names(tmp_path):
    folder = tmp_path / "my_library"
    (folder / "presets").mkdir(parents=True)
    (folder / "parameters").mkdir()
    (folder / "parameters" / "own.yaml").write_text("barge_price: {value: 3 MUSD, source: a quote}\n")
    (folder / "presets" / "barge.yaml").write_text("title: A barge\nsource: a quote\nvalues: {altitude: 600 km}\n")
    data = complete("presets: [barge]\nparameters: {barge_price: 2 MUSD}")
    own = Draft202012Validator(study_schema(Library.shipped().with_folder(folder)))
    assert own.is_valid(data)
    assert len(list(VALIDATOR.iter_errors(data))) == 2


def test_it_is_small():
    """An editor reads it at each start."""
    assert len(schema_text(Library.shipped())) < 1_300_000


@pytest.mark.parametrize(
    ("variables", "place", "told"),
    [
        ({"altitud": {"low": "400 km", "high": "900 km"}}, ["altitud"], "'high', 'low' were unexpected"),
        ({"chip": {"preset": ["h100", "b200"]}}, ["chip"], "'preset' was unexpected"),
        ({"chip": {}}, ["chip"], "non-empty"),
        ({"altitude": {"lwo": "400 km", "high": "900 km"}}, ["altitude"], "'lwo' was unexpected"),
        ({"altitude": {"presets": ["h100"]}}, ["altitude"], "'presets' was unexpected"),
        ({"altitude": {"choices": "400 km"}}, ["altitude", "choices"], "not of type 'array'"),
    ],
)
def test_the_best_match_of_a_wrong_variable_is_what_is_wrong(variables, place, told):
    study = {"architecture": "starlink_bus", "objectives": ["maximize roi"], "variables": variables}
    schema = study_schema(Library.shipped())
    error = best_match(Draft202012Validator(schema).iter_errors(study))
    assert [*error.path] == ["variables", *place]
    assert told in error.message
