"""An independent reader of reports: every witness evaluated again, every certificate checked; no search, no prover."""
