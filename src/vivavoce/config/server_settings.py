"""What can be set of the server; the configuration's `server` section has the same keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr
from pydantic.dataclasses import dataclass

from vivavoce.settings import SECTION

from .listed import Names


@dataclass(frozen=True, slots=True, config=SECTION)
class LimitSettings:
    """Bounds on what callers may ask for. Past one, they get an error that says so."""

    sessions: StrictInt = Field(
        default=256, description="Concurrent conversations, for all callers together."
    )
    sessions_per_key: StrictInt = Field(
        default=256, description="Concurrent conversations per key."
    )
    delay_s: StrictFloat = Field(
        default=0.1,
        ge=0,
        description="How long work may wait on average while sessions are running. Beyond that, "
        "new sessions are refused until the wait has halved; 0 refuses none.",
    )
    talking: StrictInt | None = Field(
        default=None,
        ge=0,
        description="How many sessions may be talking when another starts; silent ones do not "
        "count. null is twice the number of cores if the engines run here; 0 is unlimited.",
    )
    session_s: StrictFloat = Field(default=3600.0, ge=0, description="How long a session may last.")
    idle_s: StrictFloat = Field(
        default=600.0, ge=0, description="A session that sends nothing for this long is closed."
    )
    requests: StrictInt = Field(default=8, ge=1, description="Requests computed at the same time.")
    requests_waiting: StrictInt = Field(
        default=64, ge=0, description="Requests that may wait to be computed."
    )
    requests_per_minute: StrictInt = Field(
        default=0, ge=0, description="Requests per minute and key; 0 is unlimited."
    )
    upload_mb: StrictFloat = Field(
        default=100.0, ge=0, description="The largest body of a request."
    )
    json_mb: StrictFloat = Field(
        default=8.0, ge=0, description="The largest body of a request that is JSON."
    )
    upload_s: StrictFloat = Field(default=300.0, ge=0, description="How long an upload may take.")
    audio_s: StrictFloat = Field(
        default=7200.0, ge=0, description="The longest recording, after decoding."
    )
    turn_s: StrictFloat = Field(
        default=300.0,
        ge=0,
        description="The longest recording that is one turn of a conversation: `/voice-chat`, "
        "audio in chat completions, recordings in Realtime items.",
    )
    text_chars: StrictInt = Field(default=100_000, ge=0, description="The longest text to speak.")
    message_mb: StrictFloat = Field(
        default=16.0, ge=0, description="The largest WebSocket message."
    )
    unsent_mb: StrictFloat = Field(
        default=8.0, ge=0, description="A client that leaves more than this unread is dropped."
    )
    session_mb: StrictFloat = Field(
        default=32.0,
        gt=0,
        description="Memory for what the client of one session sent: audio and messages that wait, "
        "the conversation's items, and its setup. A client that sends faster waits.",
    )
    key_mb: StrictFloat = Field(
        default=256.0,
        gt=0,
        description="Memory for what all clients of one key sent, client secrets included.",
    )
    memory_mb: StrictFloat = Field(
        default=512.0, gt=0, description="Memory for what all clients sent."
    )
    jobs: StrictInt = Field(default=100, ge=0, description="Batches kept at the same time.")
    job_items: StrictInt = Field(default=1000, ge=0, description="Items per batch.")
    jobs_mb: StrictFloat = Field(
        default=2000.0,
        ge=0,
        description="Disk space for all batches, inputs and results together.",
    )
    job_kept_s: StrictFloat = Field(
        default=86_400.0, ge=0, description="How long a finished batch is kept."
    )
    engines: StrictInt = Field(
        default=4,
        ge=0,
        description="Engines that can be loaded in addition to the configured ones; 0 is none.",
    )


@dataclass(frozen=True, slots=True, config=SECTION)
class ServerSettings:
    """How the server listens, whom it lets in, and how much it takes on."""

    host: StrictStr | None = Field(
        default=None,
        description="Address to listen on; 0.0.0.0 means all. null means all if there are keys "
        "or the server is open, otherwise only this machine.",
    )
    port: StrictInt = Field(
        default=8080, ge=0, le=65535, description="Port to listen on; 0 picks a free one."
    )
    keys: Names = Field(
        default=(),
        description="API keys, or their hashes as `vivavoce keys hash` prints them; without keys, "
        "anyone who can reach the server may use it.",
    )
    open: StrictBool = Field(
        default=False, description="Let other machines use the server without keys."
    )
    origins: Names = Field(
        default=(),
        description="Origins of web pages that may use the server from a browser, such as "
        "`https://example.org`; `*` allows any. The server's own page is always allowed.",
    )
    tls_cert: StrictStr | None = Field(
        default=None, description="PEM file with the certificate; needs `tls_key`."
    )
    tls_key: StrictStr | None = Field(
        default=None, description="PEM file with the certificate's key; needs `tls_cert`."
    )
    wyoming: StrictStr = Field(
        default="",
        description="Address for Wyoming, such as `tcp://0.0.0.0:10300`; empty turns it off.",
    )
    wyoming_zeroconf: StrictBool = Field(
        default=False, description="Announce Wyoming on the local network."
    )
    public_address: StrictStr = Field(
        default="",
        description="IP address that WebRTC clients connect to; empty uses the machine's own.",
    )
    ice_ports: StrictStr = Field(
        default="", description="UDP ports for WebRTC, such as `40000-40100`; empty allows any."
    )
    models: Mapping[StrictStr, StrictStr] = Field(
        default_factory=dict,
        description="Aliases that clients use, and the engine's model that each stands for.",
    )
    voices: Mapping[StrictStr, StrictStr] = Field(
        default_factory=dict,
        description="Aliases that clients use, and the engine's voice that each stands for.",
    )
    state: StrictStr | None = Field(
        default=None,
        description="Folder for data that survives a restart; null is the user's data folder.",
    )
    log: Literal["text", "json"] = Field(default="text", description="Format of the log on stderr.")
    log_words: StrictBool = Field(default=False, description="Also log what was said.")
    drain_s: StrictFloat = Field(
        default=10.0,
        ge=0,
        description="How long current replies may take to end when the server shuts down.",
    )
    limits: LimitSettings = Field(default_factory=LimitSettings)
