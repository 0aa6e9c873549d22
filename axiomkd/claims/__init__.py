"""What a reading says at a case: what its margin looks at, how large it is in floats, and whether exact arithmetic confirms it.

It knows neither how cases are found nor what can be proved: the search and the prover both stand on it.
"""
