"""From a model's text to phrases that a voice can speak; pure."""

from .phrases import Phrase as Phrase
from .phrases import Phraser as Phraser
