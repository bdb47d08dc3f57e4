"""`python -m evpilot` is `evpilot`."""

from evpilot.cli import main

if __name__ == "__main__":
    main()
