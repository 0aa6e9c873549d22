"""Reports for readers and programs: each format is one function of a finished `Report` and knows nothing of searches."""
