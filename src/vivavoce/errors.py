"""What can go wrong, as one tree; each message names the remedy.

VivavoceError
├── BadAudio             audio that cannot be read, or is out of bounds
├── BadRequest           a request or setting that makes no sense as it stands
│   ├── BadConfig        a configuration with a wrong key, type or value
│   └── ModelServerRefusal   a model's server says that a request makes no sense
├── ModelError           weights that cannot be had, or are not what they should be
│   ├── UnknownModel         a name that no model has: a mistake, which waiting does not mend
│   └── ModelUnavailable     their source cannot be reached, or has them no more
└── EngineError          an engine failed at its work
    ├── EngineUnavailable    not installed, not loaded, or not reachable
    ├── EngineBusy           its queue is full; try again later
    └── EngineTimeout        no answer in time
"""

from __future__ import annotations


class VivavoceError(Exception):
    """Anything that Vivavoce raises on purpose."""


class BadAudio(VivavoceError):
    """Audio that cannot be read, or is out of bounds."""


class BadRequest(VivavoceError):
    """A request or setting that makes no sense as it stands."""


class BadConfig(BadRequest):
    """A configuration with a wrong key, type or value."""


class ModelServerRefusal(BadRequest):
    """The server says that the request makes no sense. said: in its words."""

    def __init__(self, message: str, said: str) -> None:
        super().__init__(message)
        self.said = said


class ModelError(VivavoceError):
    """Weights that cannot be had, or are not what they should be."""


class UnknownModel(ModelError):
    """A name that no model has. Trying again later does not help."""


class ModelUnavailable(ModelError):
    """Weights whose source cannot be reached, or has them no more."""


class EngineError(VivavoceError):
    """An engine failed at its work."""


class EngineUnavailable(EngineError):
    """An engine is not installed, not loaded, or not reachable."""


class EngineBusy(EngineError):
    """An engine's queue is full; the same call may succeed later."""


class EngineTimeout(EngineError):
    """An engine gave no answer in time."""


def describe(error: BaseException) -> str:
    """The error in one line, for events and logs."""
    return str(error) if isinstance(error, VivavoceError) else f"{type(error).__name__}: {error}"
