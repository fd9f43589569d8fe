"""A language model's reply as it is to be used: words, thoughts, tool calls and the usage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vivavoce.engines import LlmOptions, Reasoning, Thought, Token, Usage

from .markup import MarkupReader
from .tool_calls import ToolCallSpotter


class ReplyReader:
    """Reads one reply, thought by thought: what was written into its text comes as what it is.

    thinks_first: as of `MarkupReader`.
    """

    def __init__(self, options: LlmOptions, *, thinks_first: bool = False) -> None:
        self._markup = MarkupReader(thinks_first=thinks_first)
        may = options.tool_choice != "none"
        self._spotter = ToolCallSpotter(options.tools, may=may) if options.tools else None

    @property
    def tail(self) -> bool:
        """Whether the reply began with a thought whose opening tag was not written."""
        return self._markup.tail

    def see(self, thought: Thought) -> Iterator[Thought]:
        """What comes of the next thought."""
        if isinstance(thought, Token):
            yield from self._spotted(self._markup.feed(thought.text))
            return
        if isinstance(thought, Reasoning):
            self._markup.expect_words()
        cut_off = isinstance(thought, Usage) and thought.finish == "length"
        yield from self._spotted(self._markup.flush(cut_off=cut_off))
        yield from self._spotted([thought])

    def end(self) -> Iterator[Thought]:
        """What was held back, where the reply ended without its usage."""
        yield from self._spotted(self._markup.flush())
        if self._spotter is not None:
            yield from self._spotter.end()

    def _spotted(self, found: Sequence[Thought]) -> Iterator[Thought]:
        for thought in found:
            if self._spotter is None:
                yield thought
            else:
                yield from self._spotter.see(thought)
