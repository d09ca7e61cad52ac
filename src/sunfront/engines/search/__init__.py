"""Search with Optuna samplers or with NSGA-II on whole populations."""
