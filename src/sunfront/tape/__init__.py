"""The tape: equations read as a straight-line program, with writers of it in other languages and its derivatives."""
