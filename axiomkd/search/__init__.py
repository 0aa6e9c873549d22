"""The search: it knows claims and what a claim looks at, never an axiom's name."""
