"""Prove an optimum or a frontier: HiGHS over a catalogue of options, SCIP or MAiNGO over all values."""
