"""Wyoming, the protocol of Home Assistant's voice services: hear, speak, handle, tell voice."""

from . import import_warnings as import_warnings

# isort: split
from .server import wyoming_server

__all__ = ["wyoming_server"]
