"""`python -m axiomkd`: the command line."""

from axiomkd.cli.app import main

if __name__ == "__main__":
    main()
