"""The version of the software; the model has its own (``Model.version``)."""

VERSION = "0.1.0"
