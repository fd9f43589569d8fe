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

    sessions: StrictInt = Field(default=256, description="Conversations at once, of all callers.")
    sessions_per_key: StrictInt = Field(
        default=256, description="Conversations at once with one key."
    )
    delay_s: StrictFloat = Field(
        default=0.1,
        ge=0,
        description="How long work may wait, on average over seconds, while sessions are running. "
        "Past that, new ones are refused until it is half; 0 refuses none.",
    )
    talking: StrictInt | None = Field(
        default=None,
        ge=0,
        description="How many sessions may be talking when another begins; silent ones do not "
        "count. null is twice the cores where the engines compute here, 0 is any number.",
    )
    session_s: StrictFloat = Field(default=3600.0, ge=0, description="How long a session may last.")
    idle_s: StrictFloat = Field(
        default=600.0, ge=0, description="A session that sends nothing for this long is closed."
    )
    requests: StrictInt = Field(default=8, ge=1, description="How many requests compute at once.")
    requests_waiting: StrictInt = Field(
        default=64, ge=0, description="How many requests may wait for their turn."
    )
    requests_per_minute: StrictInt = Field(
        default=0, ge=0, description="How many requests a minute one key may make; 0 is any number."
    )
    upload_mb: StrictFloat = Field(
        default=100.0, ge=0, description="The largest body of a request."
    )
    json_mb: StrictFloat = Field(
        default=8.0, ge=0, description="The largest body of a request that is JSON."
    )
    upload_s: StrictFloat = Field(default=300.0, ge=0, description="How long an upload may take.")
    audio_s: StrictFloat = Field(
        default=7200.0, ge=0, description="The longest recording, once it is decoded."
    )
    text_chars: StrictInt = Field(default=100_000, ge=0, description="The longest text to speak.")
    message_mb: StrictFloat = Field(
        default=16.0, ge=0, description="The largest WebSocket message."
    )
    unsent_mb: StrictFloat = Field(
        default=8.0, ge=0, description="A client that leaves more than this unread is dropped."
    )
    jobs: StrictInt = Field(default=100, ge=0, description="How many batches are kept.")
    job_items: StrictInt = Field(default=1000, ge=0, description="How many items a batch may have.")
    jobs_mb: StrictFloat = Field(
        default=2000.0,
        ge=0,
        description="Disk that all batches may take, inputs and results together.",
    )
    job_kept_s: StrictFloat = Field(
        default=86_400.0, ge=0, description="How long a batch is kept after its end."
    )
    engines: StrictInt = Field(
        default=4,
        ge=0,
        description="How many engines may be loaded beside the configured ones; 0 is none.",
    )


@dataclass(frozen=True, slots=True, config=SECTION)
class ServerSettings:
    """How the server listens, whom it lets in, and how much it takes on."""

    host: StrictStr | None = Field(
        default=None,
        description="Address to listen on; 0.0.0.0 is all of them. null is all when there are keys "
        "or the server is open, else this machine only.",
    )
    port: StrictInt = Field(
        default=8080, ge=0, le=65535, description="Port to listen on; 0 is any free one."
    )
    keys: Names = Field(
        default=(),
        description="API keys, or their hashes as `vivavoce keys hash` prints them; none lets "
        "everybody in.",
    )
    open: StrictBool = Field(
        default=False, description="Let others reach the server although it has no keys."
    )
    origins: Names = Field(
        default=(),
        description="Origins of web pages that may use the server from a browser, such as "
        "`https://example.org`; `*` is any. The server's own page always may.",
    )
    tls_cert: StrictStr | None = Field(
        default=None, description="PEM file with the certificate; needs `tls_key`."
    )
    tls_key: StrictStr | None = Field(
        default=None, description="PEM file with the certificate's key; needs `tls_cert`."
    )
    wyoming: StrictStr = Field(
        default="",
        description="Where to speak Wyoming, as `tcp://0.0.0.0:10300`; empty is not at all.",
    )
    wyoming_zeroconf: StrictBool = Field(
        default=False, description="Announce Wyoming on the local network."
    )
    public_address: StrictStr = Field(
        default="",
        description="IP address that WebRTC clients reach; empty is what the machine has.",
    )
    ice_ports: StrictStr = Field(
        default="", description="UDP ports for WebRTC, as `40000-40100`; empty is any."
    )
    models: Mapping[StrictStr, StrictStr] = Field(
        default_factory=dict,
        description="Model names that clients know, and the engine's own that each stands for.",
    )
    voices: Mapping[StrictStr, StrictStr] = Field(
        default_factory=dict,
        description="Voice names that clients know, and the engine's own that each stands for.",
    )
    state: StrictStr | None = Field(
        default=None, description="Folder for what outlives a restart; null is the user's own."
    )
    log: Literal["text", "json"] = Field(default="text", description="Form of the log on stderr.")
    log_words: StrictBool = Field(default=False, description="Also log what was said.")
    drain_s: StrictFloat = Field(
        default=10.0,
        ge=0,
        description="How long running replies may take to end when the server is asked to stop.",
    )
    limits: LimitSettings = Field(default_factory=LimitSettings)
