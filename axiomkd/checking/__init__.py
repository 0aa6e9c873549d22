"""One operator from start to verdicts: proofs first, then the search for what they leave open, and the ladder between them.

It knows neither processes nor reports for readers: it yields events, which `run` carries on.
"""
