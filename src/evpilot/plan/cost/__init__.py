"""What a rolled-out proposal costs, one idea a file; `plan.score` adds them up."""
