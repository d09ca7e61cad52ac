"""The page of a plan in a browser: a point of the front opens its plan."""

from __future__ import annotations

import pytest
from plans import load_small

from sunfront.report.plan_page import write_plan
from sunfront.runs.plans import run_plan


@pytest.mark.browser
def test_a_point_of_the_front_opens_its_plan(opened, tmp_path):
    study = load_small(tmp_path, "maximize npv, minimize peak_funding", end="2028-01", overrides=("engine.gap=20 %",))
    run = run_plan(study, output=tmp_path / "out", draw=write_plan)
    count = len(run.points)
    assert count > 1
    page = opened(run.folder / "report.html")
    shown = "[...document.querySelectorAll('details')].map(each => each.open)"
    assert page.evaluate(shown) == [True] + [False] * (count - 1)
    page.locator("svg a").nth(count - 1).click()
    page.wait_for_function(f"document.querySelectorAll('details')[{count - 1}].open")
    assert page.locator(f"#plan-{count - 1} img").is_visible()
    page.evaluate(f"document.getElementById('plan-{count - 1}').open = false")
    page.locator("svg a").nth(count - 1).click()  # the address stays the same
    page.wait_for_function(f"document.querySelectorAll('details')[{count - 1}].open")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.click("#theme")
    assert page.evaluate(paper) != light
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390  # tables scroll by themselves
    assert page.locator(".figure svg").evaluate("each => each.getBoundingClientRect().right") <= 390  # all plans
