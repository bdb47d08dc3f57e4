"""UN R157, automated lane keeping, 01 series of amendments.

The reference drivers' outcomes over a whole grid (`evpilot suite models`) come from
`evpilot.evaluate.reference.table.outcome_table`.
"""
