"""Find which uncertain parameters move a quantity: tornado, Morris, Sobol."""
