"""`python -m vivavoce`, for where the `vivavoce` command is not on the path."""

from vivavoce.cli.main import main

main()
