"""The command line: ``saphena assess``, ``findings``, ``conditions``, ``knowledge``, ``evaluate``, ``schema``."""
