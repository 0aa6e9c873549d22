"""What a check has settled, held against the operator called elsewhere: where nothing of this package is loaded, by numbers alone.

One process runs the user's code and answers with values; another, which has never seen that code, asks and judges. It knows no
engine and no proof, and settles nothing itself: it says where what was settled is not so.
"""
