"""Answers kept from earlier runs: what they depended on, where they lie, and whether they still hold.

It knows neither operators nor verdicts: an answer is a text.
"""
