"""`python -m pinlab` is the command `pinlab`."""

from pinlab.command import main

main()
