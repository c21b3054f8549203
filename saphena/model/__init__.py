"""Knowledge files -> a checked, compiled, immutable Model."""
