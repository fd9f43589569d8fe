"""The embedded weights are what they should be, and SmolLM2's optimized copy answers as well.

`pytest tests/real/test_embedded_models.py -m slow -s` prints the numbers of docs/models.md.
"""

from __future__ import annotations

import http.client
import json
import math
import socket
import statistics
import sys
from pathlib import Path
from typing import Any

import pytest
import xllamacpp

from vivavoce import models

ORIGINAL = "SmolLM2-135M-Instruct.Q4_1.gguf"
OPTIMIZED = "SmolLM2-135M-Instruct.Q4_0.gguf"

ANSWERS = {
    "What is the capital of France?": "The capital of France is Paris.",
    "How many days are there in a week?": "There are seven days in a week.",
    "What color is the sky on a clear day?": "On a clear day, the sky is blue.",
    "Who wrote Romeo and Juliet?": "Romeo and Juliet was written by William Shakespeare.",
    "What do bees make?": "Bees make honey from the nectar of flowers.",
    "How do I boil an egg?": "Put the egg in boiling water and let it cook for about eight "
    "minutes, then cool it in cold water.",
    "What is the largest planet in the solar system?": "Jupiter is the largest planet in our "
    "solar system.",
    "Tell me a short joke.": "Why did the chicken cross the road? To get to the other side!",
    "What is two plus two?": "Two plus two is four.",
    "Where do penguins live?": "Most penguins live in Antarctica and other parts of the Southern "
    "Hemisphere.",
    "What is the boiling point of water?": "Water boils at 100 degrees Celsius at sea level.",
    "Why is exercise good for me?": "Exercise keeps your heart healthy, strengthens your muscles, "
    "and improves your mood.",
    "Who was the first person to walk on the moon?": "Neil Armstrong was the first person to walk "
    "on the moon, in July 1969.",
    "What is the opposite of hot?": "The opposite of hot is cold.",
    "How can I sleep better?": "Go to bed at the same time every night, keep your room dark and "
    "quiet, and avoid screens before bed.",
    "What language do people speak in Brazil?": "People in Brazil speak Portuguese.",
    "What is photosynthesis?": "Photosynthesis is the process by which plants use sunlight to "
    "turn water and carbon dioxide into food.",
    "What should I pack for the beach?": "Pack sunscreen, a towel, a hat, plenty of water, and a "
    "good book.",
    "How many legs does a spider have?": "A spider has eight legs.",
    "What is the tallest mountain in the world?": "Mount Everest is the tallest mountain in the "
    "world.",
}


def prompt(question: str) -> str:
    system = "You are a helpful voice assistant. Answer in one short sentence."
    return (
        f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{question}<|im_end|>\n"
        "<|im_start|>assistant\n"
    )


class Llama:
    """A GGUF file in llama.cpp, on one thread."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._socket = str(folder / f"{path.stem}.sock")
        params: Any = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx, params.n_parallel, params.n_gpu_layers = 1024, 1, 0
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
        params.cpuparams.poll = params.cpuparams_batch.poll = 0
        params.verbosity, params.cache_ram_mib, params.n_threads_http = -1, 0, 1
        params.hostnames = [self._socket]
        self._server: Any = xllamacpp.Server(params)

    def tokens(self, text: str) -> list[int]:
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self._socket)
        body = json.dumps({"content": text, "parse_special": True})
        connection.request("POST", "/tokenize", body)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return [int(token) for token in answer["tokens"]]

    def complete(self, prompt: str | list[int], **options: object) -> dict[str, Any]:
        answers: list[dict[str, Any]] = []
        body = {"prompt": prompt, "stream": False, "temperature": 0, **options}

        def take(answer: object) -> bool:
            loaded = json.loads(answer) if isinstance(answer, str) else answer
            assert isinstance(loaded, dict)
            answers.append(loaded)
            return False

        self._server.handle_completions(json.dumps(body), take)
        return answers[0]

    def surprise(self, question: str, answer: str) -> list[float]:
        """-log p of each token of the answer, after the question and the tokens before."""
        asked, surprises = self.tokens(prompt(question)), []
        for token in self.tokens(answer):
            # The bias chooses the token; what is reported is the model's own probability of it.
            made = self.complete(
                asked, n_predict=1, n_probs=1, logit_bias=[[token, 1000]], cache_prompt=True
            )
            (chosen,) = made["choices"][0]["logprobs"]["content"]
            assert chosen["id"] == token
            surprises.append(-chosen["logprob"])
            asked.append(token)
        return surprises


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Llama]:
    """The original and the optimized file, loaded."""
    if sys.platform == "win32":
        pytest.skip("asks llama.cpp for tokens through a Unix socket")
    folder = models.fetch("smollm2-135m")
    models.optimize("smollm2-135m")
    sockets = tmp_path_factory.mktemp("llama")
    return {name: Llama(folder / name, sockets) for name in (ORIGINAL, OPTIMIZED)}


@pytest.mark.parametrize("name", [model.name for model in models.EMBEDDED])
def test_an_embedded_models_files_have_their_checksums(name: str) -> None:
    folder = models.fetch(name)
    assert models.verify(name) == []
    for file in models.MODELS[name].files:
        assert (folder / file.name).is_file()


def test_both_files_of_smollm2_know_the_capital_of_france(pair: dict[str, Llama]) -> None:
    for llama in pair.values():
        made = llama.complete(prompt("What is the capital of France?"), n_predict=24)
        assert "Paris" in made["choices"][0]["text"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_optimized_copy_finds_right_answers_as_likely(pair: dict[str, Llama]) -> None:
    surprises = {
        name: [s for asked in ANSWERS.items() for s in llama.surprise(*asked)]
        for name, llama in pair.items()
    }
    for name, each in surprises.items():
        print(f"{name}: perplexity {math.exp(statistics.fmean(each)):.3f}, {len(each)} tokens")
    worse = [new - old for old, new in zip(surprises[ORIGINAL], surprises[OPTIMIZED], strict=True)]
    spread = statistics.stdev(worse) / math.sqrt(len(worse))
    print(f"worse by {statistics.fmean(worse):.4f} ± {spread:.4f} nats a token")
    assert statistics.fmean(worse) < 0.08


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_optimized_copy_reads_prompts_faster(pair: dict[str, Llama]) -> None:
    timings: dict[str, list[dict[str, float]]] = {name: [] for name in pair}
    for question in ANSWERS:
        for name, llama in pair.items():
            made = llama.complete(prompt(question), n_predict=32, cache_prompt=False)
            timings[name].append(made["timings"])
    for name, each in timings.items():
        read = statistics.median(timing["prompt_per_second"] for timing in each)
        written = statistics.median(timing["predicted_per_second"] for timing in each)
        print(f"{name}: reads {read:.0f} and writes {written:.0f} tokens/s on one thread")
    ratios = [
        new["prompt_per_second"] / old["prompt_per_second"]
        for old, new in zip(timings[ORIGINAL], timings[OPTIMIZED], strict=True)
    ]
    assert statistics.median(ratios) > 1
