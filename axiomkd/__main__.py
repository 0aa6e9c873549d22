"""`python -m axiomkd`: the command line."""

from axiomkd.cli import main

if __name__ == "__main__":
    main()
