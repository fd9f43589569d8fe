"""`vivavoce serve`: the command in a process of its own, with scripted engines."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.connection import Connection

LONG = "One two three four five six seven eight nine ten eleven twelve."


class Served:
    """A server that runs; what it printed so far is in `out`, its log in `err`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        assert process.stderr
        self.process = process
        self.stdout = process.stdout
        self.stderr = process.stderr
        self.out: list[str] = []
        self.err: list[str] = []
        self.url = ""
        self._reading = threading.Thread(target=self._read_log, daemon=True)
        self._listening = threading.Event()
        self._reading.start()

    def _read_log(self) -> None:
        for line in self.stderr:
            self.err.append(line)
            if line.startswith("Listening at "):
                self.url = line.split()[2].rstrip(";")
            self._listening.set()
        self._listening.set()

    def listening(self) -> Served:
        """Wait until it answers."""
        self._listening.wait()
        assert self.url, self.err
        return self

    def until(self, text: str) -> str:
        """Wait for a line with this text on stdout, and return it."""
        for line in self.stdout:
            self.out.append(line)
            if text in line:
                return line
        pytest.fail(f"no {text!r}: {self.out} {self.err}")

    def ready(self) -> Served:
        """Wait until callers are let in."""
        self.listening().until("Ready after")
        return self

    def talk(self) -> Connection:
        """A conversation with it."""
        return connect(f"{self.url.replace('http', 'ws')}/voice", compression=None)

    def ended(self) -> int:
        """Its exit code, once it has ended."""
        self.out += self.stdout.readlines()
        code = self.process.wait()
        self._reading.join()
        return code


Serve = Callable[..., Served]


@pytest.fixture
def serve(plugin: Path) -> Iterator[Serve]:
    """Starts the command with scripted engines, on a free port."""
    started: list[Served] = []

    def start(
        *args: object,
        stt: str = "scripted:a trial|hello there",
        tts: str = "scripted",
        **environment: str,
    ) -> Served:
        engines = ["--vad", "scripted", "--turn", "silence", "--stt", stt]
        engines += ["--llm", "scripted", "--tts", tts]
        clean = {name: value for name, value in os.environ.items() if "VIVAVOCE_" not in name}
        process = subprocess.Popen(
            [sys.executable, "-m", "vivavoce", "serve", "--port", "0", *engines, *map(str, args)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**clean, **environment},
        )
        served = Served(process)
        started.append(served)
        return served

    yield start
    for served in started:
        served.process.kill()
        served.ended()
        served.stdout.close()
        served.stderr.close()


def events(client: Connection) -> Iterator[dict[str, Any]]:
    """What the server tells, until it closes."""
    try:
        for message in client:
            if isinstance(message, str):
                yield json.loads(message)
    except ConnectionClosed:
        pass


def until(client: Connection, event: str) -> dict[str, Any]:
    seen = []
    for told in events(client):
        seen.append(told)
        if told["event"] == event:
            return told
    pytest.fail(f"no {event}: {seen}, {client.close_code}")


def ask(client: Connection, text: str) -> None:
    client.send('{"type": "start"}')
    until(client, "Started")
    client.send(json.dumps({"type": "text", "text": text}))


# --- serving -------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_asked_to_stop(serve: Serve, number: int) -> None:
    server = serve("--no-proof").ready()
    assert httpx.get(f"{server.url}/audio/health").json()["ready"]
    server.process.send_signal(number)
    assert server.ended() == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/audio/health")


def test_it_tells_where_what_is(serve: Serve) -> None:
    server = serve("--no-proof").ready()
    server.until("No API keys are configured: only this machine can reach it")
    told = "".join(server.out)
    assert f"{server.url}/docs" in told
    assert f'OpenAI(base_url="{server.url}/v1", api_key="any")' in told


def test_it_proves_itself_with_a_spoken_question(serve: Serve) -> None:
    server = serve().ready()
    assert server.until("said").split() == ["said", "What", "is", "the", "capital", "of", "France?"]
    assert server.until("heard").split() == ["heard", "hello", "there"]
    assert server.until("answered").split(maxsplit=1)[1] == "You said: hello there.\n"
    assert "ms from the end of the question" in server.until("gap")


def test_a_proof_that_fails_is_told_and_it_serves_nevertheless(serve: Serve) -> None:
    server = serve(stt="scripted:" + "|".join("!" * 9)).ready()
    assert "stt scripted: scripted: too tired" in server.until("spoken question failed")
    assert httpx.get(f"{server.url}/audio/health?live").status_code == 200


def test_it_warns_of_nothing_when_there_are_keys(serve: Serve, tmp_path: Path) -> None:
    config = tmp_path / "a.yaml"
    config.write_text("server: {keys: [a-secret-key-of-ours-1234567890], host: 127.0.0.1}")
    server = serve("--no-proof", "--config", config).ready()
    assert httpx.get(f"{server.url}/metrics").status_code == 401
    own = {"Authorization": "Bearer a-secret-key-of-ours-1234567890"}
    assert httpx.get(f"{server.url}/metrics", headers=own).status_code == 200
    server.process.send_signal(signal.SIGTERM)
    assert server.ended() == 0
    assert "No API keys" not in "".join(server.out)
    assert "a-secret" not in "".join(server.out + server.err)


def test_it_speaks_wyoming_beside_http(serve: Serve) -> None:
    server = serve("--no-proof", "--wyoming", "tcp://127.0.0.1:0").ready()
    host, _, port = server.until("Wyoming").split("tcp://")[1].strip().partition(":")
    with socket.create_connection((host, int(port))) as client, client.makefile("rw") as lines:
        lines.write('{"type": "describe"}\n')
        lines.flush()
        assert json.loads(lines.readline())["type"] == "info"
    server.process.send_signal(signal.SIGTERM)
    assert server.ended() == 0


def test_it_serves_by_tls(serve: Serve, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    server = serve("--no-proof", "--tls-cert", cert, "--tls-key", key).ready()
    assert server.url.startswith("https://")
    trust = ssl.create_default_context(cafile=str(cert))
    assert httpx.get(f"{server.url}/audio/health", verify=trust).json()["ready"]


def test_its_log_is_json_when_wanted_and_keeps_what_was_said_to_itself(serve: Serve) -> None:
    server = serve("--no-proof", "--log", "json").ready()
    with server.talk() as client:
        ask(client, "my secret")
        until(client, "ReplyEnded")
    server.process.send_signal(signal.SIGTERM)
    assert server.ended() == 0
    lines = [json.loads(line) for line in server.err if line.startswith("{")]
    replied = next(line for line in lines if line["message"].startswith("replied"))
    assert {"time", "level", "logger", "session", "turn", "request"} <= replied.keys()
    assert "secret" not in "".join(server.err)


def test_what_was_said_is_logged_when_asked_for(serve: Serve) -> None:
    server = serve("--no-proof", VIVAVOCE_SERVER__LOG_WORDS="true").ready()
    with server.talk() as client:
        ask(client, "my secret")
        until(client, "ReplyEnded")
    server.process.send_signal(signal.SIGTERM)
    assert server.ended() == 0
    assert any("heard: my secret" in line and "session=" in line for line in server.err)


# --- stopping ------------------------------------------------------------------------------------


def test_a_reply_under_way_ends_before_it_stops_and_nobody_new_is_let_in(serve: Serve) -> None:
    server = serve("--no-proof").ready()
    with server.talk() as client:
        ask(client, LONG)
        until(client, "ReplyStarted")
        server.process.send_signal(signal.SIGTERM)
        while "Stopping" not in "".join(server.err):
            until(client, "Spoke")
        health = httpx.get(f"{server.url}/audio/health")
        assert (health.status_code, health.json()["state"]) == (503, "draining")
        with server.talk() as late:
            assert until(late, "Error")["code"] == "shutting_down"
        ended = until(client, "ReplyEnded")
        assert (ended["why"], ended["heard"].strip()) == ("done", f"You said: {LONG}.")
        assert until(client, "Error")["code"] == "shutting_down"
        assert list(events(client)) == []
        assert client.close_code == 1001
    assert server.ended() == 0


def test_a_reply_that_does_not_end_is_cut_after_a_deadline(serve: Serve) -> None:
    server = serve("--no-proof", VIVAVOCE_SERVER__DRAIN_S="0.3").ready()
    with server.talk() as client:
        ask(client, "word " * 500)
        until(client, "ReplyStarted")
        server.process.send_signal(signal.SIGINT)
        told = [event for event in events(client) if event["event"] in {"Error", "ReplyEnded"}]
        assert [event.get("code") for event in told][-1] == "shutting_down"
        assert client.close_code == 1001
    assert server.ended() == 0
    assert not any("Traceback" in line for line in server.err)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_ctrl_c_ends_it_at_once(serve: Serve, number: int) -> None:
    server = serve("--no-proof", VIVAVOCE_SERVER__DRAIN_S="1000").ready()
    with server.talk() as client:
        ask(client, "word " * 500)
        until(client, "ReplyStarted")
        server.process.send_signal(signal.SIGINT)
        while "Stopping" not in "".join(server.err):
            client.recv()
        server.process.send_signal(number)
        assert server.ended() == 130
    assert not any("Traceback" in line for line in server.err)


def test_it_can_be_stopped_while_it_loads(serve: Serve) -> None:
    server = serve("--no-proof", tts="slow").listening()
    assert httpx.get(f"{server.url}/audio/health?live").status_code == 200
    health = httpx.get(f"{server.url}/audio/health")
    assert (health.status_code, health.json()["state"]) == (503, "warming")
    assert {engine["state"] for engine in health.json()["engines"]} == {"loading"}
    with server.talk() as client:
        assert until(client, "Error")["code"] == "not_ready"
    server.process.send_signal(signal.SIGTERM)
    assert server.ended() == 0
    assert "Ready" not in "".join(server.out)


# --- what is wrong is told in a line -------------------------------------------------------------


def failed(server: Served) -> str:
    assert server.ended() == 1
    errors = [line for line in server.err if line.startswith("error: ")]
    assert len(errors) == 1, server.err
    assert server.out == []
    assert "Traceback" not in "".join(server.err)
    return errors[0]


def test_a_port_in_use_is_told_with_another(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = failed(serve("--port", port))
    hint = f"stop the program that uses it, or try --port {port + 1}"
    assert message == f"error: port {port} is in use; {hint}\n"


def test_an_address_that_is_none_is_told(serve: Serve) -> None:
    assert "is not an address of this machine; try --host" in failed(
        serve("--host", "203.0.113.7", VIVAVOCE_SERVER__OPEN="true")
    )


def test_tls_files_that_cannot_be_used_are_told(serve: Serve, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    (tmp_path / "none.pem").write_text("nothing")
    assert "file not found" in failed(serve("--tls-cert", tmp_path / "a.pem", "--tls-key", key))
    assert "TLS needs both" in failed(serve("--tls-cert", cert))
    assert "give a PEM certificate" in failed(
        serve("--tls-cert", tmp_path / "none.pem", "--tls-key", key)
    )


def test_a_wrong_configuration_is_told(serve: Serve, tmp_path: Path) -> None:
    config = tmp_path / "a.yaml"
    config.write_text("server: {prot: 80}")
    assert "server.prot: unknown key" in failed(serve("--config", config))
    assert "it should be 'text' or 'json'" in failed(serve(VIVAVOCE_SERVER__LOG="xml"))


def test_it_serves_without_an_engine_that_cannot_be_loaded_and_says_so(serve: Serve) -> None:
    server = serve("--no-proof", tts="absent").ready()
    told = server.until("does not work")
    assert told == "  tts scripted does not work: absent: no answer\n"
    assert "uses what is missing as soon as it is there" in server.until("The rest works")
    health = httpx.get(f"{server.url}/audio/health")
    [down] = [it for it in health.json()["engines"] if it["state"] == "down"]
    assert (health.status_code, down["kind"], down["detail"]) == (503, "tts", "absent: no answer")
    speech = {"model": "tts-1", "input": "Hi.", "voice": "alloy"}
    answer = httpx.post(f"{server.url}/v1/audio/speech", json=speech)
    assert (answer.status_code, answer.json()["error"]["message"]) == (503, "absent: no answer")
    chat = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
    assert httpx.post(f"{server.url}/v1/chat/completions", json=chat).status_code == 200


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert, private
