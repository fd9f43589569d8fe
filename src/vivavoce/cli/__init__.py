"""The command line: thin, with imports inside the commands."""
