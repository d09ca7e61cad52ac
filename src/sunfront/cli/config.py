"""What a user sets once for all commands: in ``~/.config/sunfront.toml``, or by environment variables.

It says where and on what runs are computed. What they answer, and so their identity, never depends on it.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sunfront.cli.common import app, print_table
from sunfront.errors import UserError, did_you_mean, suggest

if TYPE_CHECKING:
    from click import Command

#: Keys of the file, each an option of commands, with its default and its meaning. The environment variable of a key is
#: SUNFRONT_ and the key in capitals.
KEYS: dict[str, tuple[Any, str]] = {
    "output": ("outputs", "folder that holds the run folders"),
    "workers": (1, "number of worker processes"),
    "cluster": ("", "address of a dask scheduler, or local"),
}

#: A table of the file: units in which numbers are shown, each in the place of another one.
UNITS = "units"

#: Why there is no key for it.
CURRENCY = (
    "currency: amounts are in USD of 2026; in another currency they need a rate and its date, which sunfront does not "
    "have; remove the key"
)

PREFIX = "SUNFRONT_"

#: Other environment variables that sunfront reads.
OTHERS = ("SUNFRONT_STORAGE_PASSWORD", "SUNFRONT_STORAGE_PASSWORD_FILE")


@dataclass(frozen=True)
class Setting:
    """A value that the user has set.

    Attributes:
        source: File and line, or the environment variable.
    """

    value: Any
    source: str


def config_file() -> Path:
    """The user's file; it need not exist."""
    folder = os.environ.get("XDG_CONFIG_HOME") or os.environ.get("APPDATA")
    return (Path(folder) if folder else Path("~/.config").expanduser()) / "sunfront.toml"


def read_config() -> dict[str, Setting]:
    """Return what the user has set, by key; an environment variable goes before the file.

    Raises:
        UserError: The file or a variable is wrong; names file and line, or the variable.
    """
    found = {key: setting for key, setting in _read_file(config_file()).items() if key in KEYS}
    for key in KEYS:
        variable = PREFIX + key.upper()
        if text := os.environ.get(variable):
            value: Any = int(text) if key == "workers" and text.isdecimal() else text
            found[key] = Setting(_checked(key, value, variable), variable)
    return found


def preferred_units() -> dict[str, str]:
    """Return the units in which the user wants to see numbers, each by the unit whose place it takes.

    Raises:
        UserError: As ``read_config``.
    """
    found = _read_file(config_file())
    return {key.removeprefix(f"{UNITS}."): each.value for key, each in found.items() if key not in KEYS}


def defaults(commands: Mapping[str, Command]) -> dict[str, dict[str, Any]]:
    """Return the values that the user has set as defaults of the options of each command."""
    found = read_config()
    return {
        name: {
            option.name: found[option.name].value
            for option in command.params
            # An option of the same name that means something else has another default.
            if option.name in found and str(option.default) == str(KEYS[option.name][0])
        }
        for name, command in commands.items()
    }


@app.command()
def config() -> None:
    """Print what is set for all commands, and where.

    The file sunfront.toml may set output, workers and cluster; so may the environment variables SUNFRONT_OUTPUT,
    SUNFRONT_WORKERS and SUNFRONT_CLUSTER, which go before the file. An option of a command goes before both.

    In the file alone, units = {km = "mi"} shows what is told in km in miles, where answers, base designs and the
    figure of `plot front --to` are shown.
    """
    from sunfront.units import unit

    found, file = read_config(), config_file()
    print(f"file: {file}{'' if file.is_file() else ' (does not exist)'}")
    rows = []
    for key, (default, meaning) in KEYS.items():
        setting = found.get(key, Setting(default, "default"))
        rows.append((key, str(setting.value) or "none", setting.source, meaning))
    for key, setting in _read_file(file).items():
        if key not in KEYS:
            rows.append((key, setting.value, setting.source, "unit in which numbers are shown"))
    print_table("", ["key", "value", "from", "meaning"], rows, set())
    for shown in preferred_units():
        if shown not in (told := _told_units()):
            others = sorted(each for each in told if unit(each).dimension == unit(shown).dimension)
            hint = f", but in {', '.join(others)}" if others else ""
            print(f"note: {UNITS}.{shown}: no quantity of sunfront's own library is told in {shown}{hint}")
    known = [*(PREFIX + key.upper() for key in KEYS), *OTHERS]
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            print(f"note: {name} is not read{did_you_mean(name, known)}")


def _read_file(path: Path) -> dict[str, Setting]:
    try:
        text = path.read_text("utf-8")
        data = tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: is no text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        match = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message := str(error))
        line = (match and match[1]) or len(text.splitlines())
        reason = message[: match.start()] if match else message
        raise UserError(f"{path}:{line}: not valid TOML: {reason}") from None
    found: dict[str, Setting] = {}
    for key, value in data.items():
        place = f"{path}:{_line_of(key, text)}"
        if key == UNITS:
            found |= _read_units(value, place)
            continue
        if key == "currency":
            raise UserError(f"{place}: {CURRENCY}")
        if key not in KEYS:
            raise UserError(f"{place}: unknown key {key!r}{suggest(key, [*KEYS, UNITS])}")
        found[key] = Setting(_checked(key, value, f"{place}: {key}"), place)
    return found


def _read_units(table: Any, place: str) -> dict[str, Setting]:
    """Return the units of the file, by ``units.`` and the unit whose place they take."""
    from sunfront.display import unit_scales
    from sunfront.units import unit

    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise UserError(f'{place}: {UNITS}: must be a table, as {{km = "mi"}}, not {table!r}')
    found = {}
    for shown, wanted in table.items():
        try:
            fits = unit(shown).dimension == unit(wanted).dimension
        except UserError as error:
            raise UserError(f"{place}: {UNITS}.{shown}: {error}") from None
        if not fits:
            raise UserError(f"{place}: {UNITS}.{shown}: {wanted} is no unit of what is told in {shown}")
        told = _told_units()
        if shown not in told and (others := [each for each, _ in unit_scales(shown) if each in told]):
            raise UserError(f"{place}: {UNITS}.{shown}: nothing is told in {shown}, but in {' and '.join(others)}")
        found[f"{UNITS}.{shown}"] = Setting(wanted, place)
    return found


def _told_units() -> set[str]:
    """Units in which quantities of sunfront's own library are told; a library or a study may have others."""
    from sunfront.library.library import Library

    return set(Library.shipped().units.values())


def _checked(key: str, value: Any, place: str) -> Any:
    """Return a value as the option takes it."""
    if key == "workers":
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise UserError(f"{place}: must be a whole number of at least 1, not {value!r}")
        return value
    if not isinstance(value, str) or not value:
        raise UserError(f"{place}: must be a text, not {value!r}")
    return str(Path(value).expanduser()) if key == "output" else value


def _line_of(key: str, text: str) -> int:
    """The line of a key or a table in a file."""
    pattern = re.compile(rf"""\s*\[?\s*["']?{re.escape(key)}["']?\s*[=.\]]""")
    return next((number for number, line in enumerate(text.splitlines(), 1) if pattern.match(line)), 1)
