"""What is judged: collisions, criticality, rules, lines, comfort; each a pure function of the facts."""
