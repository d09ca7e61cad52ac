"""The command, as ``python -m sunfront``."""

from sunfront.cli import main

if __name__ == "__main__":
    main()
