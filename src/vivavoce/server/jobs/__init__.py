"""Batches: many texts or recordings at once, done in the background, and kept over a restart.

What is to be done, and how far it is, lies in an SQLite database; what is sent and what comes of
it are files beside it. A database, because an item's state, its result and its job's state change
together or not at all, whatever kills the process or fills the disk, and one change of a batch of
a thousand items writes a few pages rather than the whole batch.
"""
