"""Whether the user speaks, whether they are done, and whether they interrupt."""
