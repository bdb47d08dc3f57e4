"""Judging a drive: from its log to metrics, nuPlan's score, collisions, rules, and a verdict."""

from evpilot.evaluate.judge import judge
from evpilot.evaluate.verdict import Collision, Contact, Part, Verdict, worst

__all__ = ["Collision", "Contact", "Part", "Verdict", "judge", "worst"]
