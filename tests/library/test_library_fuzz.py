"""Broken library files, made at random: each is refused with its file, or still a library; never a traceback."""

import random
import re
import time

import pytest

from sunfront.errors import StudyError, UserError
from sunfront.library.library import Library

FILES = {
    "parameters/barge.yaml": """\
hull_price: {value: 900, unit: USD/m^2, low: 500, high: 2000, allowed: [0, 1.0e+5], trust: recalled, source: a yard}
hull_area: {value: 2000 m^2, source: drawing}
sea_fit: {value: [1.0, 0.2, 0.03], unit: "1", source: fitted, error: 2 %}
""",
    "presets/deep_sea.yaml": """\
title: In the deep sea
group: sea
source: an atlas
note: nothing
equations: [barge]
values:
  hull_price: {value: 1200 USD/m^2, low: 800 USD/m^2, high: 1600 USD/m^2, source: a yard, trust: sourced}
  electricity_price: 40 USD/MWh
  time_to_power: default
  cooling_capex: computed
""",
    "groups.yaml": """\
sea:
  title: a sea
  sets: [hull_price, time_to_power]
  relations: [cooling_capex <= capex]
""",
    "architectures/barge_hall.yaml": """\
title: A hall on a barge
description: As on the ground, on a hull.
equations: [node, junction, compute, development, insurance, upkeep, present_value, revenue, finance, financing, cash,
  returns, levelized, terrestrial]
own_equations: [barge]
count: {nodes: nodes_per_site}
amounts: {accelerators: node_accelerators}
constraints: [power_margin >= 0 kW, junction_margin >= 0 K]
own_metrics: [facility_load]
values: {node_residual_share: computed, power_usage_effectiveness: 1.05}
""",
    "equations/barge.py": '''\
"""A barge."""

from sunfront.equation import equation


@equation("MUSD")
def cooling_capex(stacks, hull_price, hull_area, sea_fit):
    """Price of the hull.

    Source: definition.
    """
    a, b, c = sea_fit
    return stacks * hull_price * hull_area * (a + b + c)
''',
}
WORDS = [
    "", "-1", "0", "nan", "1e999", "inf", "true", "null", "~", "[]", "{}", "[1, 2]", "{a: 1}", "km", "5 kg", "1 USD/kg",
    "default", "computed", "hull_price", "&a", "*a", "!!python/object:os.system", "\t", "- x", ": :", "'", '"', "\x00",
    "é", "__import__('os')", "9" * 400, "%", "replaces: true", "source:", "return", "import os", "1/0", "lambda: 0",
    "(" * 300,
]  # fmt: skip


def mutate(rng, text):
    for _ in range(rng.randint(1, 3)):
        tokens = re.split(r"(\s+|[:,\[\]{}()])", text)
        i = rng.randrange(len(tokens))
        action = rng.randrange(5)
        if action == 0:
            tokens[i] = rng.choice(WORDS)
        elif action == 1:
            del tokens[i]
        elif action == 2:
            tokens.insert(i, rng.choice(WORDS))
        elif action == 3:
            j = rng.randrange(len(tokens))
            tokens[i], tokens[j] = tokens[j], tokens[i]
        else:
            tokens[i] = tokens[i][: len(tokens[i]) // 2]
        text = "".join(tokens)
    return text


def complaint(error, folder):
    """What is wrong with an error; empty if nothing is."""
    if not isinstance(error, StudyError) or folder not in error.file.parents:
        return "it names no file of the folder"
    if error.line is None and error.file.suffix == ".yaml":
        return "it names no line"
    return "it is too long" if len(error.message) > 1500 else ""


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_is_told(name, tmp_path):
    folder = tmp_path / "mine"
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    Library.shipped().with_folder(folder)  # as written it is a library
    rng = random.Random(name)
    refused = accepted = 0
    for _ in range(75):
        text = mutate(rng, FILES[name])
        (folder / name).write_text(text, "utf-8")
        started = time.process_time()
        try:
            Library.shipped().with_folder(folder)
            accepted += 1
        except UserError as error:
            refused += 1
            wrong = complaint(error, folder)
            if wrong:
                pytest.fail(f"{wrong}: {error}\nfor\n{text}")
        assert time.process_time() - started < 2, text
    assert refused > 25, accepted
