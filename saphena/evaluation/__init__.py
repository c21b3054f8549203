"""Judging the assessments; imported by nothing that makes them."""
