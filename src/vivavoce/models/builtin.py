"""Every model that is known by name."""

from __future__ import annotations

from .catalog import Model
from .embedded import EMBEDDED

MODELS: dict[str, Model] = {model.name: model for model in EMBEDDED}
"""By name, in the order in which they are listed."""
