"""Where weights come from and where they lie.

A model is named by a built-in name (`moonshine-tiny-en`), a path, `hf:ORG/REPO[/FILE][@REVISION]`,
or `https://…[#sha256=…]`. `fetch` gives its place on disk and pulls it there first if need be;
each file's checksum is verified before anything sees it.
"""

from __future__ import annotations

from .builtin import MODELS, find
from .catalog import File, Hub, Mirror, Model, Npm, Packages, Part, Source, Web, Wheel
from .embedded import EMBEDDED
from .folder import Progress, home, offline
from .inventory import Installed, installed, remove, verify
from .optimize import optimize
from .store import fetch, missing, path, pull

__all__ = [
    "EMBEDDED",
    "MODELS",
    "File",
    "Hub",
    "Installed",
    "Mirror",
    "Model",
    "Npm",
    "Packages",
    "Part",
    "Progress",
    "Source",
    "Web",
    "Wheel",
    "fetch",
    "find",
    "home",
    "installed",
    "missing",
    "offline",
    "optimize",
    "path",
    "pull",
    "remove",
    "verify",
]
