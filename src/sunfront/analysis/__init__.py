"""Questions to a study or a finished run: break-even values, budgets, maps of feasibility, a second proof."""
