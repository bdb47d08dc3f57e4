"""What every dossier says: the gaps that no simulation fills, the templates that a person completes, the limits."""

GAPS = (
    ("UN R171", "Hand-over between driver and system, and the driver's monitoring", "driver studies and HMI tests"),
    ("UN R155", "Cyber security management of the vehicle type", "threat analysis, penetration tests, CSMS audit"),
    ("UN R156", "Software updates and the identification of software versions", "SUMS audit, update process"),
    ("Event recording", "Data storage for automated driving (DSSAD) and event data recorder", "the vehicle's recorder"),
    ("Track correlation", "Agreement of the simulated car and sensors with measured ones", "the track plan below"),
    ("Sensing", "Detection range, faults and dirt of real sensors", "sensor tests; here objects are given"),
)
"""Clause or field, what it asks, and who or what would have to show it."""

HAZARDS = (
    (
        "Another car enters the lane close ahead",
        "late or fast lateral motion; closing speed; low grip",
        "cut-in groups, their failures and their margins",
    ),
    (
        "What is ahead appears late",
        "a leader moves over; obstruction; short sight",
        "cut-out groups and obstructed crossings, where driven",
    ),
    (
        "The car ahead brakes hard",
        "short headway; wet road; late recognition",
        "following groups",
    ),
    (
        "The car brakes without a cause",
        "a neighbour that wanders; a plate on the road; sensor noise",
        "clauses against false reactions, where driven",
    ),
    ("A road user is not detected, or is detected where there is none", "weather, glare, dirt, unusual shapes", ""),
    ("The system is used outside its domain", "exit of the domain not noticed; misuse", ""),
    ("The driver does not take over", "inattention; unclear request", ""),
)
"""Hazard, triggering conditions, and the evidence here; an empty one is for a person to supply."""

EVENTS = (
    ("contact", "first touch of a road user or object", "time, other's kind and id, relative speed, fault", "any"),
    ("emergency manoeuvre", "deceleration demand over 5 m/s²", "time, demand, cause, speed before and after", "rate"),
    ("critical encounter", "time to collision below the limit of the clause", "time, value, other's id", "rate"),
    ("gap lost", "following gap under the table of the regulation", "time, gap, speed, how long", "share of time"),
    ("decision missed", "no valid decision in a planning tick", "time, reason, what was driven instead", "rate"),
    ("minimal-risk manoeuvre", "the fallback has the car", "time, cause, deceleration, where it stands", "any"),
    ("domain left", "an attribute of the domain is out of its span", "time, attribute, value", "any"),
)
"""Event, its trigger, what is recorded, and the indicator that is watched in service."""

CORRELATION = (
    ("speed over time", "root mean square, km/h", "to be set before the first run"),
    ("stopping position", "m", "to be set before the first run"),
    ("onset of braking", "s", "to be set before the first run"),
    ("deceleration, steady part", "m/s²", "to be set before the first run"),
)

LIMITS = (
    (
        "Object level",
        "The pilot is given boxes of the others, as its sensor model says. Fog, rain, glare, missed and"
        " invented objects are in it only where a group says so.",
    ),
    (
        "No track correlation",
        "The car's model rests on class figures and closed forms. No measured stop of a real car stands behind it.",
    ),
    (
        "Cases, not a road",
        "The share of passed cases is no rate per kilometre and says nothing about how often such cases occur.",
    ),
    ("Scripted others", "The others follow their script and do not help, nor do they do worse than the script."),
    (
        "The program checks itself",
        "Simulator, judge and reference drivers come from one source. They are tested against"
        " published tables, not by an independent body.",
    ),
    (
        "Not an approval",
        "This is evidence for a discussion with an authority. It is no approval, no rating and no certificate.",
    ),
)
