"""Reports for readers and programs: each format is one function of a finished `Report`, with no search in sight."""
