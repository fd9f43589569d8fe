"""The neutral pack: what holds in every language, and nothing that holds in one."""

from __future__ import annotations

from .pack import LanguagePack

UND = LanguagePack(code="und", name="")
