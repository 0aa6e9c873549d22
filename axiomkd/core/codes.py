"""What the command ends with, as a number, where it is not what a report says of its operators. It imports nothing."""

USAGE = 2  # the command cannot be done as it was given
DEFECT = 70  # of this package itself: neither the operator's fault nor the user's
INTERRUPTED = 130  # by the user: the report holds what was settled
