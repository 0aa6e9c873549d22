"""What is asked for, and whether a report meets it: configuration, baselines, exit codes, and what changed between two reports.

It reads reports and settings, and neither checks an operator nor writes for readers.
"""
