"""What an engine is given, what counts as an answer, and how the answer is verified."""

from sunfront.problem.answer import Answer, Status
from sunfront.problem.certificate import Certificate, Gap
from sunfront.problem.criteria import Constraint, Objective
from sunfront.problem.problem import Problem
from sunfront.problem.uncertainty import Uncertainty
from sunfront.problem.variables import Variable

__all__ = ["Answer", "Certificate", "Constraint", "Gap", "Objective", "Problem", "Status", "Uncertainty", "Variable"]
