"""The dossier of suites' results: one site, in the shape that an approval authority expects."""

from evpilot.report.dossier.site import write

__all__ = ["write"]
