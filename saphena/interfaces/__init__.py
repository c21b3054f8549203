"""Ways in: each calls ``assess`` and knows none of the others."""
