"""The reference drivers from whose own gaps cut-outs and followings start, and with whom alone they are compared."""

from evpilot.evaluate.reference.models import Model

STARTS = {"cc": Model.CC_JRC, "fsm": Model.FSM}
