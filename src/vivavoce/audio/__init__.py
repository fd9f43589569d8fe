"""Sound as numbers: float32 mono with its rate, and what is computed on it."""

from .samples import MAX_RATE as MAX_RATE
from .samples import MIN_RATE as MIN_RATE
from .samples import Audio as Audio
from .samples import Lapse as Lapse
from .samples import Resampler as Resampler
from .samples import Samples as Samples
from .samples import clean as clean
from .samples import dbfs as dbfs
from .samples import from_pcm16 as from_pcm16
from .samples import slices as slices
from .samples import to_pcm16 as to_pcm16
