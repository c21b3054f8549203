# `just` runs what CI runs; each line also works without just.
default: lint test

install:
    python3 -m venv .venv && .venv/bin/pip install -q -c requirements.lock -e '.[dev]'

test *args:
    .venv/bin/pytest {{args}}

lint:
    .venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports

fix:
    .venv/bin/ruff check --fix . && .venv/bin/ruff format .

# For clinicians: seconds, no tests of code.
check:
    .venv/bin/saphena knowledge check --notices

assess case:
    .venv/bin/saphena assess {{case}}

evaluate:
    .venv/bin/saphena evaluate --check-docs

# More random networks than CI draws (about ten minutes).
test-long:
    HYPOTHESIS_PROFILE=long .venv/bin/pytest tests/properties
    SAPHENA_TESTS=all .venv/bin/pytest tests/knowledge tests/unit tests/web

# The pages of the reference, then the site in site/; a broken link fails.
docs:
    .venv/bin/pip install -q -c requirements.lock -e '.[docs]'
    .venv/bin/saphena knowledge pages docs/reference
    .venv/bin/mkdocs build --strict
