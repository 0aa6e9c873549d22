"""An independent reader of reports: every witness evaluated again, every certificate checked.

It knows neither search nor prover, and believes nothing that it has not derived or compared. It answers in lines, `line.Line`.
"""
