"""The vocabulary: what the other packages say to each other. No search, no input or output, no JAX at import."""
