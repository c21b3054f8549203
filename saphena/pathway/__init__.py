"""Probabilities + Case -> what to do; generic rules, the clinical content is data."""
