"""The checkpoint of a run: complete entries are read again, whatever happened to the last one."""

from __future__ import annotations

import numpy as np
import pytest

from sunfront.engines import checkpoint as checkpoint_module
from sunfront.engines.checkpoint import Checkpoint, reading
from sunfront.errors import RunError, SunfrontWarning, UserError


def rows(checkpoint):
    return [entry["row"].tolist() for entry in checkpoint.entries()]


def test_entries_are_read_in_order(tmp_path):
    with Checkpoint(tmp_path / "run") as checkpoint:
        for i in range(5):
            checkpoint.append(row=[i, i / 3], text=f"batch {i}")
    with Checkpoint(tmp_path / "run") as checkpoint:
        found = list(checkpoint.entries())
    assert [entry["row"].tolist() for entry in found] == [[i, i / 3] for i in range(5)]
    assert str(found[4]["text"]) == "batch 4"


def test_an_entry_of_another_form_is_refused(tmp_path):
    """As if an older version had written it: the message says what to do, instead of naming a key."""
    with Checkpoint(tmp_path / "run") as checkpoint:
        checkpoint.append(line=[1.0])
        with (
            pytest.raises(UserError, match=r"checkpoint has the form of another version.*--force"),
            reading(checkpoint.path),
        ):
            rows(checkpoint)


@pytest.mark.parametrize("damage", ["cut", "flip", "garbage"])
def test_every_torn_last_entry_is_dropped_and_overwritten(tmp_path, damage):
    with Checkpoint(tmp_path / "run") as checkpoint:
        checkpoint.append(row=[1.0])
        whole = (tmp_path / "run" / "checkpoint").stat().st_size
        checkpoint.append(row=[2.0])
    data = (tmp_path / "run" / "checkpoint").read_bytes()
    if damage == "garbage":
        tails = [bytes(n) for n in (1, 12, 40)] + [b"\xff" * n for n in (1, 12, 40)]
    elif damage == "cut":
        tails = [data[whole:end] for end in range(whole, len(data), 7)]
    else:
        tails = [data[whole:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(whole, len(data), 11)]
    for tail in tails:
        (tmp_path / "run" / "checkpoint").write_bytes(data[:whole] + tail)
        with Checkpoint(tmp_path / "run") as checkpoint:
            assert rows(checkpoint) == [[1.0]]
            checkpoint.append(row=[3.0])
        with Checkpoint(tmp_path / "run") as checkpoint:
            assert rows(checkpoint) == [[1.0], [3.0]]


def test_full_disk_and_interrupt_leave_the_earlier_entries(tmp_path, monkeypatch):
    with Checkpoint(tmp_path / "run") as checkpoint:
        checkpoint.append(row=[1.0])
        for error in (OSError(28, "No space left on device"), KeyboardInterrupt()):

            def fail(number, error=error):
                raise error

            with monkeypatch.context() as patch:
                patch.setattr("sunfront.engines.checkpoint.os.fsync", fail)
                with pytest.raises(RunError if isinstance(error, OSError) else KeyboardInterrupt):
                    checkpoint.append(row=[2.0])
        checkpoint.append(row=[3.0])
        assert rows(checkpoint) == [[1.0], [3.0]]


def test_two_processes_do_not_share_a_checkpoint(tmp_path):
    with Checkpoint(tmp_path / "run") as first:
        with pytest.raises(RunError) as error:
            Checkpoint(tmp_path / "run")
        assert str(tmp_path / "run") in str(error.value)
        first.append(row=[1.0])
    with Checkpoint(tmp_path / "run") as again:
        assert rows(again) == [[1.0]]


def test_a_checkpoint_removed_before_it_is_locked_is_created_again(tmp_path, monkeypatch):
    """Otherwise a second process would lock a deleted file, and a third the file that replaced it."""
    first, lock = Checkpoint(tmp_path / "run"), checkpoint_module._lock

    def late(file):
        monkeypatch.setattr(checkpoint_module, "_lock", lock)
        first.__exit__(None, None, None)
        return lock(file)

    monkeypatch.setattr(checkpoint_module, "_lock", late)
    with Checkpoint(tmp_path / "run") as second:
        second.append(row=[1.0])
        assert (tmp_path / "run" / "checkpoint").stat().st_size > 0
        with pytest.raises(RunError) as error:
            Checkpoint(tmp_path / "run")
        assert str(tmp_path / "run") in str(error.value)


def test_an_empty_checkpoint_is_removed(tmp_path):
    with Checkpoint(tmp_path / "run") as checkpoint:
        checkpoint.append(row=[1.0])
        checkpoint.clear()
    assert list(tmp_path.iterdir()) == []
    with Checkpoint() as checkpoint:
        checkpoint.append(row=np.zeros(3))
        assert rows(checkpoint) == []


def test_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError) as error:
        Checkpoint(tmp_path / "file" / "run")
    assert str(tmp_path / "file" / "run") in error.value.message


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    with Checkpoint(tmp_path / "run", "seed 4") as checkpoint:
        checkpoint.append(row=[1.0])
        checkpoint.append(row=[2.0])
    with Checkpoint(tmp_path / "run", "seed 4") as checkpoint:
        assert rows(checkpoint) == [[1.0], [2.0]]
    with Checkpoint(tmp_path / "run", "seed 3") as checkpoint:
        with pytest.raises(UserError, match=r"of another run \(seed 4\).*--force"):
            rows(checkpoint)
        checkpoint.clear()
        checkpoint.append(row=[3.0])
        assert rows(checkpoint) == [[3.0]]


def test_damage_before_the_last_entry_is_said(tmp_path):
    with Checkpoint(tmp_path / "run") as checkpoint:
        checkpoint.append(row=[1.0])
        whole = (tmp_path / "run" / "checkpoint").stat().st_size
        for row in (2.0, 3.0):
            checkpoint.append(row=[row])
    path = tmp_path / "run" / "checkpoint"
    data = bytearray(path.read_bytes())
    data[whole + 40] ^= 1
    path.write_bytes(data)
    with Checkpoint(tmp_path / "run") as checkpoint, pytest.warns(SunfrontWarning, match="damaged after"):
        assert rows(checkpoint) == [[1.0]]


def test_a_checkpoint_appended_to_another_is_not_read(tmp_path):
    with Checkpoint(tmp_path / "run", "seed 4") as checkpoint:
        checkpoint.append(row=[1.0])
    path = tmp_path / "run" / "checkpoint"
    path.write_bytes(2 * path.read_bytes())
    with Checkpoint(tmp_path / "run", "seed 4") as checkpoint, pytest.warns(SunfrontWarning, match="damaged after"):
        assert rows(checkpoint) == [[1.0]]


def test_a_rewritten_checkpoint_has_one_entry_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint_module, "LONG", 1)
    path = tmp_path / "run" / "checkpoint"
    with Checkpoint(tmp_path / "run", "abc") as checkpoint:
        for i in range(9):
            checkpoint.append(row=[float(i)])
        assert checkpoint.is_long
        long = path.stat().st_size
        checkpoint.rewrite(row=[8.0])
        assert path.stat().st_size < long / 4
        assert not checkpoint.is_long
        with pytest.raises(RunError, match="in use"):  # the new file is held too
            Checkpoint(tmp_path / "run", "abc")
        checkpoint.append(row=[9.0])
        with monkeypatch.context() as patch:
            patch.setattr("sunfront.engines.checkpoint.os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "full")))
            with pytest.raises(RunError, match="full"):
                checkpoint.rewrite(row=[0.0])
        checkpoint.append(row=[10.0])
    assert [p.name for p in path.parent.iterdir()] == ["checkpoint"]
    with Checkpoint(tmp_path / "run", "abc") as checkpoint:
        assert rows(checkpoint) == [[8.0], [9.0], [10.0]]
