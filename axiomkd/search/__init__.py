"""The search: it draws cases, climbs, shrinks, and looks for jumps and growth.

It knows claims and what a claim looks at, never an axiom's name, and it proves nothing. What it finds `checking` reports.
"""
