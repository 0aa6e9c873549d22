"""Reports for readers and programs: each format is one function of a finished `Report`.

It knows neither the search nor the prover, and changes no verdict.
"""
