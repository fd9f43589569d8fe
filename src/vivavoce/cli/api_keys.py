"""`vivavoce keys`: keys that open the server."""

from __future__ import annotations

import sys

import click

from vivavoce.errors import BadRequest
from vivavoce.server.access.keys import hash_of, new_key


@click.group()
def keys() -> None:
    """Make keys that open the server.

    The configuration's `server.keys` lists them, or better their hashes: from those nobody can
    find out a key.
    """


@keys.command()
def new() -> None:
    """Print a new key, and its hash for the configuration.

    The key is shown this once: give it to who is to use the server.
    """
    key = new_key()
    click.echo(f"key   {key}")
    click.echo(f"hash  {hash_of(key)}")
    click.echo("Clients send the key; the configuration has the hash in server.keys.", err=True)


@keys.command("hash")
def hash_() -> None:
    """Print the hash of a key, which is asked for or read from stdin."""
    if sys.stdin.isatty():
        key = click.prompt("Key", hide_input=True, err=True)
    else:
        key = sys.stdin.readline()
    if not (key := key.strip()):
        raise BadRequest("no key was given")
    click.echo(hash_of(key))
