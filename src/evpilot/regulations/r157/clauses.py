"""The clauses of UN R157 that the cases are held against, in our own words."""

from evpilot.regulations.suite import Clause

CUT_IN = Clause(
    place="UN R157 5.2.5.2",
    requirement="A cut-in is avoided when the time to collision at its intrusion into the lane is over"
    " v_rel / 12 m/s2 + 0.35 s and its lateral motion has been visible for at least 0.72 s",
)
COMPARED = Clause(
    place="UN R157 Annex 3",
    requirement="What a careful and competent driver avoids is avoided: cut-in, cut-out, braking of the vehicle ahead",
)
LANE_KEPT = Clause(place="UN R157 5.2.1", requirement="The car stays inside its lane of travel")
PEDESTRIAN = Clause(
    place="UN R157 5.2.5.3",
    requirement="A pedestrian who crosses in plain view at up to 5 km/h, with an impact point displaced by up to 0.2 m,"
    " is not hit, up to the system's highest speed",
)
GAP = Clause(
    place="UN R157 5.2.3.3",
    requirement="The minimum following gap is kept, and restored without harsh braking after it was lost",
)
CALM = Clause(
    place="UN R157 5.2.4",
    requirement="No braking for what is no danger: a neighbour that stays in its lane; figures of our own protocol",
    confirmed=False,
)
TRANSITION = Clause(
    place="UN R157 5.4.4",
    requirement="A driver who does not answer a transition demand is replaced by a minimal risk manoeuvre, no earlier"
    " than 10 s after it, with at most 4 m/s2, to a standstill in the lane with hazard lights",
)
CLAUSES = (CUT_IN, COMPARED, LANE_KEPT, PEDESTRIAN, GAP, TRANSITION, CALM)
