"""What shares a road: DESIGN.md's rule on heights."""

LEVEL = 2.5  # [m] what is further above or below is on another road
