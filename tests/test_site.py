"""What the documentation site writes from the code; the build itself, with warnings as errors, is in ``.ci/run``."""

from __future__ import annotations

import doctest
import json
import re
import tomllib

import pytest
from common import ROOT
from golden import FOLDER, PLANS, STUDIES

from sunfront import equations
from sunfront.display import format_scaled
from sunfront.library.library import Library
from sunfront.study.study import Study
from tools import licences, model_page
from tools.equation_tex import NoFormula, tex
from tools.notebook import notebook
from tools.site import gallery, links

TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("code", "formula"),
    [
        ("a - (b - c)", r"a - \left(b - c\right)"),
        ("a - b + c", "a - b + c"),
        ("a + -b * c", r"a + \left(-b \cdot c\right)"),
        ("-a * b + c", r"-a \cdot b + c"),
        ("-(a + b)", r"-\left(a + b\right)"),
        ("a * (b + c)", r"a \cdot \left(b + c\right)"),
        ("a * (b * c)", r"a \cdot \left(b \cdot c\right)"),
        ("a / b / c", r"\frac{\frac{a}{b}}{c}"),
        ("a / (b * c) * d", r"\frac{a}{b \cdot c} \cdot d"),
        ("(a / b) ** 2", r"{\left(\frac{a}{b}\right)}^{2}"),
        ("(-a) ** 2", r"{\left(-a\right)}^{2}"),
        ("-a ** 2", r"-{a}^{2}"),
        ("a ** b ** c", r"{a}^{{b}^{c}}"),
        ("(a ** b) ** c", r"{\left({a}^{b}\right)}^{c}"),
        ("a ** 0.5", r"\sqrt{a}"),
        ("a ** -b", r"{a}^{-b}"),
        ("2e-07 * a", r"2 \cdot 10^{-7} \cdot a"),
        ("1e9 / a", r"\frac{10^{9}}{a}"),
        ("(2e9) ** a", r"{\left(2 \cdot 10^{9}\right)}^{a}"),
        ("exp(-a / b)", r"\exp\left(\frac{-a}{b}\right)"),
        ("larger(array_power, 2 * pi)", r"\max\left(\text{array power}, 2 \cdot \pi\right)"),
        ("mean_decay(a, b)", r"\text{mean decay}\left(a, b\right)"),
    ],
)
def test_a_formula_has_the_parentheses_that_its_code_needs(code, formula):
    assert tex("x", f"return {code}") == [f"x = {formula}"]


def test_what_an_equation_names_on_the_way_is_a_line_of_its_own():
    assert tex("x", "a, b = fit\nratio = a / b\nreturn ratio * c") == [
        r"\left(a, b\right) = \text{fit}", r"\text{ratio} = \frac{a}{b}", r"x = \text{ratio} \cdot c",
    ]  # fmt: skip
    with pytest.raises(NoFormula):
        tex("x", "for a in b:\n    c = a\nreturn c")


def test_the_pages_of_the_model_have_everything():
    pages = "\n".join(model_page.pages().values())
    library = Library.shipped()
    for name in (*library.parameters, *library.presets, *library.architectures):
        assert f"`{name}`" in pages, name
    for module in equations.names():
        for eq in equations.module(module):
            assert f"**`{eq.name}`**" in pages, eq.name
    targets = set(re.findall(r"^\((equations-\S+)\)=$|\{#(parameter-\S+)\}", pages, re.MULTILINE))
    assert {target for pair in targets for target in pair if target} >= set(re.findall(r"\]\(#(\S+?)\)", pages))


def test_the_notebook_has_the_code_of_the_tutorial():
    """Which test_docs runs and compares."""
    cells = json.loads(notebook(TUTORIAL))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    examples = "".join(example.source for example in doctest.DocTestParser().get_examples(TUTORIAL))
    assert code == re.sub(r" *# doctest: .*", "", examples).strip()
    assert len([cell for cell in cells if cell["cell_type"] == "markdown"]) > 3


def test_the_gallery_shows_every_study_with_the_answer_of_its_golden():
    """``python tests/golden.py STUDY`` writes both."""
    assert {path.stem for path in gallery.FOLDER.iterdir()} == {*STUDIES, *PLANS}
    page = gallery.page()
    for name in (*STUDIES, *PLANS):
        assert f"\nsunfront run {name} --quick\n" in page
    for name, path in STUDIES.items():
        answer = json.loads((gallery.FOLDER / f"{name}.json").read_text("utf-8"))["answer"]
        golden = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))["quick"]
        problem = Study.load(path).problem
        for quantity, value in golden["best"].items():
            assert format_scaled(value, problem.unit(quantity)) in answer, (name, quantity)


def test_pictures_of_the_gallery_are_drawn_once(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "FOLDER", tmp_path)
    for name in ("latency", "ai1_satellite", "capital_limited"):  # a front, bars, a plan
        (tmp_path / f"{name}.json").write_text((ROOT / "docs" / "gallery" / f"{name}.json").read_text("utf-8"), "utf-8")
    drawn = {path: path.stat().st_mtime_ns for path in gallery.draw(tmp_path / "svg")}
    assert len(drawn) == 3
    assert all("<svg" in path.read_text("utf-8") for path in drawn)
    assert drawn == {path: path.stat().st_mtime_ns for path in gallery.draw(tmp_path / "svg")}


def test_licences_list_every_direct_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    direct = {re.split("[>=<]", text)[0].lower().replace(".", "-") for text in project["dependencies"]}
    assert direct <= {*licences.needed("sunfront")}
    assert "not stated" not in licences.page()


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "page.html").write_text('<h1 id="here"><a href="../index.html">up</a></h1>', "utf-8")
    good = '<a href="other/page.html#here"><img src="picture.svg"></a><a href="#top" id="top"><a href="https://example.org/x">'
    bad = '<a href="other/page.html#there"><a href="none.html"><img src="none.svg"><a href="#bottom">'
    (tmp_path / "picture.svg").touch()
    (tmp_path / "index.html").write_text(good + bad, "utf-8")
    found = links.broken(tmp_path)
    assert found == [("index.html", link) for link in ("#bottom", "none.html", "none.svg", "other/page.html#there")]
