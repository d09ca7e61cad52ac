"""How studies, results and models show themselves."""

from __future__ import annotations

from sunfront.runs import runner


def test_study(small):
    study = small("maximize roi, maximize fleet_it_power").with_changes(question="<script>why</script>")
    assert repr(study) == str(study) == "<Study small: 6 variables, 2 objectives, 7 constraints, engine pyomo>"
    html = study._repr_html_()
    assert "&lt;script&gt;why" in html
    assert "<td>altitude</td><td>500 km, 600 km, 690 km, 800 km</td>" in html
    assert "<td>node_accelerators</td><td>84 to 104 in steps of 1</td>" in html
    assert "<td>node_mass &lt;= 4,000 kg</td>" in html


def test_results(small, tmp_path):
    results = runner.run(
        small("maximize roi, maximize fleet_it_power", engine="sweep, evaluations: 256"), output=tmp_path
    )
    assert repr(results).startswith("<Results of small: best found, ")
    html = results._repr_html_()
    assert html.count("<tr>") == len(results.front) + 1
    assert "maximize roi" in html
    assert "Fleet IT power" in html
    assert str(results.folder) in html


def test_model(small):
    model = small().arch.model
    html = model._repr_html_()
    assert html.count("<tr>") == len(model) + 1
    assert "Kepler&#x27;s third law" in html
