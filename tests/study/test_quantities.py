"""Quantities of a study, and expressions as objectives and constraints: the same optimum from every engine."""

from common import write_small

from sunfront import engines
from sunfront.engines.context import Context
from sunfront.problem.verification import verified
from sunfront.study.study import Study

OWN = """\
quantities:
  revenue_per_mass: {is: annual_revenue / launched, unit: USD/kg, why: What a launched kilogram earns in a year.}
  launched: fleet_mass
"""


def load(folder, objectives, constraints="", engine="pyomo", **more):
    return Study.load(write_small(folder, f'"{objectives}"', constraints, engine, more=OWN, **more))


def best(study):
    """The value of the first objective in the verified answer, in SI."""
    answer = engines.run(study.problem, study.engine, Context(0, 1))
    objective = study.problem.objectives[0]
    return objective.sign * float(study.problem.scores(verified(study.problem, answer))[:, 0].max())
