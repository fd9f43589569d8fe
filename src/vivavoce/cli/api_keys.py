"""`vivavoce keys`: keys that open the server."""

from __future__ import annotations

import sys

import click

from vivavoce.errors import BadRequest
from vivavoce.server.access.keys import hash_of, new_key


@click.group()
def keys() -> None:
    """Create API keys for the server.

    List the keys in the configuration's `server.keys`, or better their hashes, which do not
    reveal the keys.
    """


@keys.command()
def new() -> None:
    """Print a new key and its hash.

    The key is only shown once. Give it to the person or program that will use the server.
    """
    key = new_key()
    click.echo(f"key   {key}")
    click.echo(f"hash  {hash_of(key)}")
    click.echo("Give the key to clients, and put the hash into server.keys.", err=True)


@keys.command("hash")
def hash_() -> None:
    """Print the hash of a key. The command asks for the key or reads it from stdin."""
    if sys.stdin.isatty():
        key = click.prompt("Key", hide_input=True, err=True)
    else:
        key = sys.stdin.readline()
    if not (key := key.strip()):
        raise BadRequest("expected a key on stdin")
    click.echo(hash_of(key))
