"""Rules as data, tested at their edges: cases just inside and just outside, frozen in ``*.yaml`` beside this file."""
