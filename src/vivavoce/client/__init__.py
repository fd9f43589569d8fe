"""A Vivavoce server from Python: the library's own names, over the network.

`Client` for plain programs, `AsyncClient` for async ones; both do the same.
"""

from vivavoce.http_client.retries import Retries

from .async_client import AsyncClient
from .batches import AsyncBatch
from .conversation import Conversation
from .refusals import Refused
from .results import FileTranscript, Health, Job, JobItem, Spoken, SpokenAnswer, SttModel
from .server_address import Timeouts
from .sync_client import Batch, Client

__all__ = [
    "AsyncBatch",
    "AsyncClient",
    "Batch",
    "Client",
    "Conversation",
    "FileTranscript",
    "Health",
    "Job",
    "JobItem",
    "Refused",
    "Retries",
    "Spoken",
    "SpokenAnswer",
    "SttModel",
    "Timeouts",
]
