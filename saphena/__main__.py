"""``python -m saphena``: the command line."""

from saphena.interfaces.cli.app import main

if __name__ == "__main__":
    main()
