"""What a name means: readings, profiles, theorems and operators, in words and in worked examples.

It looks things up; nothing is searched or judged here.
"""
