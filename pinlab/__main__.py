"""`python -m pinlab` is the command `pinlab`; whoever only imports this does nothing."""

from pinlab.command import main

if __name__ == "__main__":
    main()
