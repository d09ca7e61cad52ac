"""The report and the figure: whole, offline, and closed to what a study smuggles in."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from common import SMALL

import sunfront
from sunfront import plots, report
from sunfront.results import Results


@pytest.fixture(scope="module")
def proved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("proved")
    path = folder / "small.yaml"
    text = SMALL.format(objectives="maximize roi, maximize fleet_it_power", constraints="", engine="pyomo, gap: 2 %")
    path.write_text('question: \'<script>alert(1)</script> & "quotes" ' + "x" * 10000 + "'\n" + text)
    return sunfront.run(path, output=folder / "out")


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.links = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "xlink:href") and value]


def page(results):
    parser = _Page()
    parser.feed((results.folder / "report.html").read_text("utf-8"))
    return parser


def test_nothing_is_loaded_from_elsewhere(proved):
    assert all(link.startswith("#") for link in page(proved).links)
    text = (proved.folder / "report.html").read_text("utf-8")
    assert not re.search(r"url\(\s*['\"]?http", text)


def test_study_text_is_escaped(proved):
    assert "script" not in page(proved).tags
    assert "&lt;script&gt;" in (proved.folder / "report.html").read_text("utf-8")


def test_page_holds_the_figure_the_front_and_every_assumption(proved):
    parser = page(proved)
    text = (proved.folder / "report.html").read_text("utf-8")
    assert "svg" in parser.tags
    assert "proved over a catalogue of 8 options" in text
    assert text.count("<tr") >= len(proved.front) + 100
    for name in ("solar_constant", "launch_markup", "accelerator_failure_rate"):
        assert name in text


def test_figure_data_is_the_front_and_the_bound(proved):
    data = plots.front_data(proved)
    assert (data.across, data.up) == ("fleet_it_power", "roi")
    np.testing.assert_allclose(np.sort(data.front[:, 0]), np.sort(proved.front["fleet_it_power"] / 1e6))
    # The bound is nowhere inside a verified point, and ends at or beyond the front's ends.
    for x, y in data.front:
        above = data.bound[data.bound[:, 0] >= x - 1e-9, 1]
        assert above.max() >= y - 1e-9
    assert data.bound[:, 0].max() >= data.front[:, 0].max() - 1e-9
    assert len(data.others) == len(proved.designs) - len(proved.front)


def test_report_can_be_written_again(proved):
    again = Results.load(proved.folder)
    before = (proved.folder / "report.html").read_text("utf-8")
    report.write(again, proved.folder)
    assert (proved.folder / "report.html").read_text("utf-8") == before


def test_words():
    assert plots.words("fleet_it_power") == "Fleet IT power"
    assert plots.words("lifetime_roi") == "Lifetime ROI"
    assert plots.axis("altitude", "km") == "Altitude (km)"
    assert plots.axis("roi", "1") == "ROI"
