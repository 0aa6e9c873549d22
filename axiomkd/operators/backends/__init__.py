"""Other ways of writing an operator, each turned into what the rest of the package checks."""
