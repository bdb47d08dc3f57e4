"""The families of scenarios: each a function of seed and difficulty."""
