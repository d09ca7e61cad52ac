"""The commands that README and documentation show: each is one that sunfront understands, those of the tutorial run."""

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
