"""Thoughts and a model's marks, token by token."""

from __future__ import annotations

import pytest

from vivavoce.engines import LlmOptions, Reasoning, Token
from vivavoce.llm_output.markup import MarkupReader, thinks_first
from vivavoce.llm_output.reading import ReplyReader


def read(text: str, step: int, *, thinks_first: bool = False) -> tuple[str, str]:
    """What is said and what is thought, where the text comes `step` letters at a time."""
    reader = MarkupReader(thinks_first=thinks_first)
    found = [it for at in range(0, len(text), step) for it in reader.feed(text[at : at + step])]
    found += reader.flush()
    said = "".join(it.text for it in found if isinstance(it, Token))
    thought = "".join(it.text for it in found if isinstance(it, Reasoning))
    return said, thought


@pytest.mark.parametrize("step", [1, 4, 1000])
@pytest.mark.parametrize(
    ("text", "said", "thought"),
    [
        ("<think>I look.</think>\n\nIt is noon.", "It is noon.", "I look."),
        ("<THINKING>I look.</THINKING>It is noon.", "It is noon.", "I look."),
        ('<reasoning effort="low">I look.</reasoning>It is noon.', "It is noon.", "I look."),
        ("Well. <think>I look.</think> It is noon.", "Well. It is noon.", "I look."),
        ("Well.<think>I look.</think>It is noon.", "Well. It is noon.", "I look."),
        (
            "<|channel|>commentary<|message|>Well.<|end|><|channel|>final<|message|>It is noon.",
            "Well. It is noon.",
            "",
        ),
        ("<think>I never stop", "", "I never stop"),
        ("<think>\n</think>It is noon.", "It is noon.", "\n"),
        ("[THINK]I look.[/THINK]It is noon.", "It is noon.", "I look."),
        ("◁think▷I look.◁/think▷It is noon.", "It is noon.", "I look."),
        ("<|channel>thought I look.<channel|>It is noon.", "It is noon.", "thought I look."),
        (
            "<|channel|>analysis<|message|>I look.<|end|><|channel|>final<|message|>It is noon.",
            "It is noon.",
            "I look.",
        ),
        (
            "<|start|>assistant<|channel|>analysis<|message|>I look.<|end|><|message|>Noon.",
            "Noon.",
            "I look.",
        ),
        ("The user asks for the time.</think>Noon.", "Noon.", "The user asks for the time."),
        ("Okay, the user wants it.\n</think>\nNoon.", "Noon.", "Okay, the user wants it.\n"),
    ],
)
def test_thoughts_are_told_apart_from_words(text: str, said: str, thought: str, step: int) -> None:
    assert read(text, step) == (said, thought)


@pytest.mark.parametrize("step", [1, 4, 1000])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It is noon.<|im_end|>", "It is noon."),
        ("It is noon.<|eot_id|><|end_of_text|>", "It is noon."),
        ("It is noon.<end_of_turn>", "It is noon."),
        ("<start_of_turn>model\nIt is noon.", "It is noon."),
        ("<s>It is noon.</s>", "It is noon."),
        ("It is noon.<｜end▁of▁sentence｜>", "It is noon."),
        ("<|start_header_id|>assistant<|end_header_id|>\n\nNoon.", "Noon."),
        ("Noon.<|im_end|>\n<|im_start|>user\nAnd now?<|im_end|>", "Noon.\n"),
        ("Noon.<|user|>And now?<|assistant|> One.", "Noon. One."),
    ],
)
def test_special_tokens_and_turns_that_the_model_makes_up_are_not_said(
    text: str, said: str, step: int
) -> None:
    assert read(text, step) == (said, "")


@pytest.mark.parametrize("step", [1, 4, 1000])
@pytest.mark.parametrize(
    "text",
    [
        "I think <b>it</b> is noon. I think so.",
        "3 < 5, 5 > 3, a<b, [1], [x](y), 1 <",
        "The user manual is on the table.",
        "The user has to press the green button. Then it is done.",
        "The user needs a key.",
        "The user asks for help.",  # no thought follows
        "Hm",
        "  So what?",
        "<p>One</p> <th>",
    ],
)
def test_ordinary_text_is_said_as_it_is(text: str, step: int) -> None:
    assert read(text, step) == (text, "")


def test_words_pass_at_once() -> None:
    reader = MarkupReader()
    assert reader.feed("It is") == [Token("It is")]
    assert reader.feed(" noon") == [Token(" noon")]
    assert reader.feed(" <b>") == [Token(" <b>")]
    assert reader.feed(" <") == [Token(" ")]
    assert reader.feed(" 5") == [Token("< 5")]


def test_a_model_that_leaves_out_opening_tags_is_told_and_then_held_until_its_thought_ends() -> (
    None
):
    reader = MarkupReader()
    reader.feed("Noon, I guess.")
    reader.feed("</think>Noon.")
    assert reader.tail
    assert read("Noon, I guess.</think>Noon.", 4, thinks_first=True) == ("Noon.", "Noon, I guess.")
    assert read("Noon.", 4, thinks_first=True) == ("Noon.", "")


def test_a_reply_about_users_is_not_held_back() -> None:
    reader = MarkupReader()
    assert reader.feed("The user has") == []
    assert reader.feed(" to press") == [Token("The user has to press")]


def test_a_thought_that_the_length_cuts_off_is_not_said() -> None:
    for thinks, text in ((True, "Noon, I guess, but"), (False, "The user asks for the time, so")):
        reader = MarkupReader(thinks_first=thinks)
        assert [*reader.feed(text), *reader.flush(cut_off=True)] == [Reasoning(text)]
        assert reader.tail


def test_words_that_the_length_cuts_off_are_said() -> None:
    reader = MarkupReader()
    assert [*reader.feed("It is"), *reader.flush(cut_off=True)] == [Token("It is")]


def test_a_thought_without_an_opening_tag_may_be_of_any_length() -> None:
    long = "The user asks. " + 3_000 * "Well then. "
    said, thought = read(f"{long}</think>Noon.", 40)
    assert (said, thought) == ("Noon.", long)


def test_where_thoughts_come_apart_from_the_text_no_word_is_held_back() -> None:
    reader = ReplyReader(LlmOptions(), thinks_first=True)
    found = [seen for it in (Reasoning("Hm."), Token("The user")) for seen in reader.see(it)]
    assert found == [Reasoning("Hm."), Token("The user")]


@pytest.mark.parametrize(
    ("model", "thinks"),
    [
        ("deepseek-r1:14b", True),
        ("DeepSeek-R1-Distill-Qwen-7B-Q4_K_M.gguf", True),
        ("Qwen3-30B-A3B-Thinking-2507", True),
        ("qwq", True),
        ("mistralai/magistral-small", True),
        ("smollm2-135m", False),
        ("gpt-4o-mini", False),
        ("qwen3-4b", False),
        (None, False),
    ],
)
def test_models_that_think_first_are_known_by_name(model: str | None, thinks: bool) -> None:
    assert thinks_first(model) is thinks
