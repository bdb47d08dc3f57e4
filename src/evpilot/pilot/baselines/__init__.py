"""Reference drivers: IDM, blind, reckless."""
