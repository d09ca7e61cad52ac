"""Decide what is bought when: a mixed-integer linear program over periods, solved by HiGHS and re-simulated."""
