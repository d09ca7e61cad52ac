"""The command ``sunfront`` with faults: ``python program.py STUDY OUTPUT [--moment N --error NAME] [--bytes N]``.

From the N-th moment on at which a file or folder of OUTPUT is to be made, renamed or removed, this fails with an error:
ENOSPC for a full disk, EROFS for one that became read-only. With ``--bytes``, no file can grow beyond that size.
"""

import argparse
import errno
import os
import resource
import sys

#: Events of Python's audit hooks that change a folder; ``open`` does if it is for writing.
CHANGES = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.chmod"}


def fail_from(output: str, moment: int, error: int) -> None:
    count = 0

    def hook(event, args):
        nonlocal count
        if event not in CHANGES or not str(args[0]).startswith(output):
            return
        if event == "open" and not args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return
        count += 1
        if count >= moment:
            raise OSError(error, os.strerror(error), str(args[0]))

    sys.addaudithook(hook)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("study")
    parser.add_argument("output")
    parser.add_argument("--workers", default="1")
    parser.add_argument("--storage")
    parser.add_argument("--moment", type=int)
    parser.add_argument("--error", default="ENOSPC")
    parser.add_argument("--bytes", type=int)
    options = parser.parse_args()
    try:
        from sunfront.cli import main as sunfront
        from sunfront.engines.search import evolve
        from sunfront.engines.sweep import engine as sweep
    except KeyboardInterrupt:  # before the command begins
        sys.exit(130)

    sweep.CHECKPOINT_INTERVAL = evolve.CHECKPOINT_INTERVAL = 0.05  # so that short runs have checkpoints
    sys.argv = ["sunfront", "run", options.study, "--output", options.output, "--workers", options.workers]
    sys.argv += ["--storage", options.storage] if options.storage else []
    if options.moment is not None:
        fail_from(os.path.realpath(options.output), options.moment, getattr(errno, options.error))
    if options.bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (options.bytes, options.bytes))
    sunfront()


if __name__ == "__main__":
    main()
