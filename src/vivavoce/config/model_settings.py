"""Where weights come from; the configuration's `models` section has the same keys."""

from __future__ import annotations

import os

from pydantic import Field, StrictBool, StrictStr
from pydantic.dataclasses import dataclass

from vivavoce.settings import SECTION


@dataclass(frozen=True, slots=True, config=SECTION)
class ModelSettings:
    """Where weights come from and lie."""

    folder: StrictStr | None = Field(
        default=None, description="Folder for models; null is the user's data folder."
    )
    offline: StrictBool = Field(default=False, description="Forbid downloads.")


def use_models(settings: ModelSettings) -> None:
    """Have the model store of this process go by these settings."""
    if settings.folder is not None:
        os.environ["VIVAVOCE_MODELS"] = settings.folder
    if settings.offline:
        os.environ["VIVAVOCE_OFFLINE"] = "1"
