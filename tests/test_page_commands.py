"""The commands that README and documentation show: sunfront understands each; they run, those of the tutorial in CI."""

from __future__ import annotations

import re
import shlex

import pytest
from common import ROOT
from typer.main import get_command
from typer.testing import CliRunner

from sunfront.cli import app

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands(page):
    """The arguments of each command in the blocks of a page, without what a shell makes of it."""
    for block in re.findall(r"^```\w*\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r" && | \| ", line):
                if found := re.match(r"\s*(?:\$ )?(?:\.venv/bin/)?sunfront (?=[a-z-])(?!: )(.*)", part):
                    yield shlex.split(re.split(r" > ", found[1])[0], comments=True)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if "sunfront " in page.read_text("utf-8")], ids=lambda page: page.stem
)
def test_commands_have_the_options_that_a_page_gives_them(page):
    known = get_command(app).commands
    for name, *arguments in commands(page):
        if not name.startswith("-"):
            known[name].make_context(name, arguments)  # a usage error otherwise
    for name, rest in re.findall(r"`sunfront ([a-z]+)( [^`]*)?`", page.read_text("utf-8")):
        options = {option for parameter in known[name].params for option in parameter.opts}
        assert {*re.findall(r"(?<= )--[\w-]+", rest)} <= options | {"--trust-code", "--help"}, (name, rest)


@pytest.mark.slow
@pytest.mark.parametrize(
    "more", [["--engine", "sweep"], pytest.param([], marks=pytest.mark.long)], ids=["sweep", "as shown"]
)
def test_the_commands_of_the_tutorial_run(more, tmp_path, monkeypatch):
    """In CI the first study is swept instead of proved, which is cheaper."""
    monkeypatch.chdir(tmp_path)
    tutorial = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    shown = [shlex.split(line)[1:] for line in re.findall(r"^sunfront (?!:).*$", tutorial, re.MULTILINE)]
    assert len(shown) == 9
    for arguments in shown:
        done = CliRunner().invoke(app, arguments + (more if arguments[:2] == ["run", "quickstart"] else []))
        is_early = arguments[0] == "run" and "stopped early over" in done.output  # a busy machine, after 30 s
        assert done.exit_code == 0 or is_early, (arguments, done.output, done.exception)
    study = tmp_path / "my_study.yaml"
    text = study.read_text("utf-8")
    front = text.replace("\n  - maximize roi\n", "\n  - maximize roi\n  - minimize node_mass\n")
    study.write_text(front, "utf-8")
    assert CliRunner().invoke(app, ["validate", "my_study"]).output.startswith("my_study.yaml: valid: 4 variables, 2")
    study.write_text(text.replace("maximize roi", "maximize roj"), "utf-8")
    (message,) = re.findall(r"^sunfront: (my_study.yaml:\d+: .*)$", tutorial, re.MULTILINE)
    assert str(CliRunner().invoke(app, ["validate", "my_study"]).exception) == message


#: What stands for a place of the reader's own, or takes minutes, and what the test takes in its place.
IN_THE_TEST = {
    "tcp://host:8786": "local",
    "OTHER_STUDY": "space_vs_ground_grid",
    "--scenarios 200 --two-stage 20": "--scenarios 3 --two-stage 2",
    "scenarios=200": "scenarios=3",
    'sunfront.run("studies/quickstart.yaml")': 'sunfront.run(sunfront.load("quickstart").quick())',
    'sunfront.run("ground_then_orbit")': 'sunfront.run(sunfront.load("ground_then_orbit").quick())',
}


#: Pages whose commands a test runs, beside the tutorial. The gallery's are those of the shipped studies, which
#: tests/truth/test_studies.py runs.
RUN = ["README", "docs/install", "docs/how-to", "docs/plans"]


def test_every_page_with_commands_is_run():
    shown = {str(page.relative_to(ROOT).with_suffix("")) for page in PAGES if any(commands(page))}
    assert shown == {*RUN, "docs/tutorial"}


@pytest.mark.long
@pytest.mark.parametrize("name", RUN)
def test_the_commands_and_the_python_of_a_page_run(name, tmp_path, monkeypatch):
    """In their order, in one folder, as a reader would; runs are quick. Python comes after, the last block first."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "studies").symlink_to(ROOT / "studies")
    text = (ROOT / f"{name}.md").read_text("utf-8")
    for shown, taken in IN_THE_TEST.items():
        text = text.replace(shown, taken)
    page = tmp_path / "page.md"
    page.write_text(text, "utf-8")
    for block in re.findall(r"Write `fleet.yaml`.*?```yaml\n(.*?)```", text, re.DOTALL):
        (tmp_path / "fleet.yaml").write_text(block, "utf-8")
        assert CliRunner().invoke(app, ["validate", "fleet.yaml"]).output.startswith("fleet.yaml: valid")
    tried = 0
    for arguments in commands(page):
        quick = ["--quick"] if arguments[0] == "run" and "--quick" not in arguments else []
        done = CliRunner().invoke(app, [*arguments, *quick])
        is_early = arguments[0] == "run" and "stopped early over" in done.output  # a busy machine, after 30 s
        assert done.exit_code == 0 or is_early, (arguments, done.output, done.exception)
        tried += 1
    assert tried
    names: dict[str, object] = {}
    for block in reversed(re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)):
        exec("import sunfront\n" + block, names)
