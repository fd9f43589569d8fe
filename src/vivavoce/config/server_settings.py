"""What can be set of the server; the configuration's `server` section has the same keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Bounds on what callers may ask for. Past one, they get an error that says so.

    sessions, sessions_per_key: conversations at once, of all callers and of one key.
    session_s: how long one may last. idle_s: a session that sends nothing for so long is closed.
    talking: how many sessions may be talking when another begins; None is twice the cores where
    the engines compute here, 0 is any number. Silent ones do not count.
    delay_s: how long work may wait, on average over seconds, while sessions are running; past that
    new ones are refused until it is half. 0 refuses none.
    requests, requests_waiting: how many requests compute at once, and how many may wait for it.
    requests_per_minute: of one key; 0 is any number.
    upload_mb: of one request's body; json_mb: of one that is JSON. audio_s: of one recording, once
    decoded. text_chars: of one text to speak. message_mb: of one WebSocket message.
    unsent_mb: what a client may leave unread before it is dropped.
    upload_s: how long an upload may take. jobs, job_items: batches kept, and items in each.
    jobs_mb: disk that all batches may take, with what they are made of and what comes of them.
    job_kept_s: how long a batch is kept after its end.
    engines: how many may be loaded beside the configured ones; 0 is none.
    """

    sessions: int = 256
    sessions_per_key: int = 256
    delay_s: float = 0.1
    talking: int | None = None
    session_s: float = 3600.0
    idle_s: float = 600.0
    requests: int = 8
    requests_waiting: int = 64
    requests_per_minute: int = 0
    upload_mb: float = 100.0
    json_mb: float = 8.0
    upload_s: float = 300.0
    audio_s: float = 7200.0
    text_chars: int = 100_000
    message_mb: float = 16.0
    unsent_mb: float = 8.0
    jobs: int = 100
    job_items: int = 1000
    jobs_mb: float = 2000.0
    job_kept_s: float = 86_400.0
    engines: int = 4


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How the server listens, whom it lets in, and how much it takes on.

    host: None is every address when there are keys or it is open, else this machine only.
    keys: API keys, or their hashes as `vivavoce keys hash` prints them; none lets everybody in.
    open: others can reach the server although it has no keys.
    origins: of web pages that may use it from a browser, such as `https://example.org`; `*` is
    any. Its own page always may.
    tls_cert, tls_key: PEM files; both, or neither.
    wyoming: where to speak Wyoming, as `tcp://0.0.0.0:10300`; empty is not at all.
    wyoming_zeroconf: announce it on the local network.
    public_address: the IP address that WebRTC clients reach; empty is what the machine has.
    ice_ports: UDP ports for WebRTC, as `40000-40100`; empty is any.
    models, voices: names that clients know, and the engine's own that each stands for.
    state: folder for what outlives a restart; None is the user's own.
    log: `text` or `json`. log_words: also log what was said.
    drain_s: how long running replies may take to end when the server is asked to stop.
    """

    host: str | None = None
    port: int = 8080
    keys: tuple[str, ...] = ()
    open: bool = False
    origins: tuple[str, ...] = ()
    tls_cert: str | None = None
    tls_key: str | None = None
    wyoming: str = ""
    wyoming_zeroconf: bool = False
    public_address: str = ""
    ice_ports: str = ""
    models: Mapping[str, str] = field(default_factory=dict)
    voices: Mapping[str, str] = field(default_factory=dict)
    state: str | None = None
    log: Literal["text", "json"] = "text"
    log_words: bool = False
    drain_s: float = 10.0
    limits: LimitSettings = field(default_factory=LimitSettings)
