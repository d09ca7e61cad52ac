"""Find all mistakes of a study file, not only the first: note a mistake, leave its entry out, look again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from sunfront.errors import Path, StudyError, UnknownName, UserError
from sunfront.library.yaml_file import YamlFile

#: A file with more mistakes is no study; the search ends.
MOST = 50

#: Keys without which nothing else can be checked.
_ESSENTIAL = ("architecture", "library")

#: Keys whose entries depend on each other, so that a mistake leaves out all of them.
_WHOLE = ("engine", "uncertainty", "horizon", "market", "capital")

_UNCERTAIN = {"uncertain", "uncertainty"}

#: Keys of which one has a meaning only with the others.
_TOGETHER = frozenset({"objectives", "combine", "prefer"})

#: Keys without which a product can be checked further, and keys whose entries can be left out one by one.
_OF_PRODUCT = ("available", "at_most", "whole", "learning", "early_retirement", "store", "note")
_ENTRIES = ("parameters", "timelines", "variables")

#: In the place of a name: a part of a product.
_PART = "part of a product"

#: Stands for a list item that is left out, so that the numbers of the others stay.
_LEFT_OUT = object()


def find_mistakes(
    file: YamlFile,
    check: Callable[[Mapping[str, Any]], object],
    describe: Callable[[ValidationError], Sequence[tuple[Path, str]]],
    place: Callable[[Mapping[str, Any], Path, str, UserError | None], StudyError | None],
) -> list[StudyError]:
    """Return every mistake of a study file, in the order of its lines.

    Args:
        check: Builds a study from data, and checks it; raises ValidationError or UserError.
        describe: Turns a ValidationError into pairs of a path and a message.
        place: Returns a mistake at its place in another file that the data name, given data, path, reason and cause;
            None if it is in the study file.
    """
    data = deepcopy(file.data)
    found: dict[tuple[Path, str], StudyError] = {}
    left_out: set[str] = set()
    while len(found) < MOST:
        given, numbers = _without_gaps(data)
        mistakes: list[tuple[Path, str, UserError | None]]
        try:
            check(given)
            break
        except ValidationError as error:
            mistakes = [(path, reason, None) for path, reason in describe(error)]
        except StudyError as error:  # in another file, such as one of its library
            found.setdefault(((), str(error)), error)
            break
        except UserError as error:
            mistakes = [(each.path, each.message, each) for each in (error, *error.others)]
        more = False
        for path, reason, cause in mistakes:
            keys = _as_written(path, numbers)
            if not _follows(cause, keys, left_out):
                elsewhere = place(given, path, reason, cause)
                found.setdefault((keys, reason), elsewhere or file.error(reason, keys, cause))
            more |= _leave_out(data, keys, left_out)
        if not more:
            break
    every = {each.message: each for error in found.values() for each in (error, *error.others)}
    for each in every.values():
        each.others = ()
    return sorted(every.values(), key=lambda error: error.line or 0)


def _follows(error: UserError | None, path: Path, left_out: set[str]) -> bool:
    """Whether an error may be there only because an entry was left out."""
    if error is not None and path[:1] == ("engine",) and "engine" in left_out:
        return True  # of the default engine
    if _PART in left_out and path[:1] == ("products",) and len(path) == 2:
        return True  # a product that has a default in the place of what was left out
    if path[:1] and path[0] in _TOGETHER and left_out & (_TOGETHER - {str(path[0])}):
        return True
    if isinstance(error, UnknownName):
        of_product = "products" in left_out and path[:1] != ("products",)  # one that is left out may have it
        return error.name in left_out or of_product
    if error is None:
        return path in ((), ("products",)) and bool(left_out)  # a key is missing whose name was misspelt
    # Without an uncertain parameter no statistic has a sense.
    return type(error) is UserError and bool(left_out & _UNCERTAIN) and path[:1] != ("uncertain",)


def _without_gaps(data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """Return the data without the list items that are left out, and for each list the numbers of the others."""
    given, numbers = dict(data), {}
    for key, items in data.items():
        if isinstance(items, list):
            numbers[key] = [i for i, item in enumerate(items) if item is not _LEFT_OUT]
            given[key] = [items[i] for i in numbers[key]]
    if "objectives" in given and not given["objectives"] and data["objectives"]:
        given["objectives"] = ["maximize npv"]  # a study needs one, and so does a plan
        given.pop("combine", None)
    return given, numbers


def _as_written(path: Path, numbers: Mapping[str, Sequence[int]]) -> Path:
    """Return a path with the number that a list item has in the file."""
    if len(path) > 1 and isinstance(path[1], int) and path[1] < len(known := numbers.get(str(path[0]), ())):
        return (path[0], known[path[1]], *path[2:])
    return path


def _leave_out(data: dict[str, Any], path: Path, names: set[str]) -> bool:
    """Take the entry at a path out of the data; return whether there was one that can be left out.

    Args:
        names: Extended by the key, and by the name of the entry that is left out.
    """
    if not path or path[0] not in data or path[0] in _ESSENTIAL:
        return False
    if path[0] == "products" and _leave_out_part(data, path):
        names.add(_PART)
        return True
    key, entries = str(path[0]), data[path[0]]
    names.add(key)
    if len(path) > 1 and key not in _WHOLE:
        if isinstance(entries, dict) and path[1] in entries:
            names.add(str(path[1]))
            del entries[path[1]]
            return True
        if isinstance(entries, list) and isinstance(path[1], int) and path[1] < len(entries):
            was_there = entries[path[1]] is not _LEFT_OUT
            entries[path[1]] = _LEFT_OUT
            return was_there
    if key == "objectives":
        return False
    del data[key]
    return True


def _leave_out_part(data: Mapping[str, Any], path: Path) -> bool:
    """Take a part of a product out of the data, so that its other mistakes are found; return whether there was one."""
    product = data["products"].get(path[1]) if isinstance(data["products"], dict) and len(path) > 2 else None
    if not isinstance(product, dict) or path[2] not in product:
        return False
    part = product[path[2]]
    if path[2] in _ENTRIES and len(path) > 3 and isinstance(part, dict) and path[3] in part:
        del part[path[3]]
        return True
    if path[2] in _OF_PRODUCT:
        del product[path[2]]
        return True
    return False
