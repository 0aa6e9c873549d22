"""Many operators: a session of them, a worker for each, what workers and their parent say to each other, and kept answers.

It knows no mathematics. What comes of it is a `Report`.
"""
