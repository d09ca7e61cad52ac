"""Evaluate many designs: Sobol points, a Latin hypercube, or a grid."""
