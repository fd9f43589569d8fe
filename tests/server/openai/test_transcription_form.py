"""The fields of a transcription, whatever they hold."""

from __future__ import annotations

import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.server.errors import Problem
from vivavoce.server.openai.transcription_form import TranscriptionForm, form_of
from vivavoce.transcripts.segmenter import SegmentSettings

VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["nan", "inf", "-1", "1e309", "true", "auto", "{}", "null", "server_vad"]),
    st.lists(st.text(max_size=5), min_size=2, max_size=3),
)
NAMES = st.sampled_from(
    [
        *TranscriptionForm.model_fields,
        *(f"chunking_strategy[{key}]" for key in ("type", "threshold", "silence_duration_ms", "x")),
        "language[a]",
        "x",
        "x[]",
    ]
)


@settings(deadline=None)
@given(fields=st.dictionaries(NAMES, VALUES, max_size=8))
def test_any_fields_are_options_for_the_engine_or_an_error_that_names_one(
    fields: dict[str, object],
) -> None:
    named = ""
    try:
        form = form_of(TranscriptionForm, {"model": "whisper-1", **fields})
    except Problem as error:
        named = error.param or ""
    except RequestValidationError as error:
        named = error.errors()[0]["loc"][1]
    else:
        assert 0.0 <= form.options().temperature <= 1.0
        cuts = form.cuts or SegmentSettings()
        assert 0.0 <= cuts.stop_threshold <= cuts.start_threshold <= 1.0
        assert cuts.join_s >= 0
        return
    assert named.partition("[")[0] in {*TranscriptionForm.model_fields, "x"}


@pytest.mark.parametrize("threshold", ["nan", "inf"])
def test_a_threshold_is_a_number(threshold: str) -> None:
    fields = {"chunking_strategy[type]": "server_vad", "chunking_strategy[threshold]": threshold}
    with pytest.raises(RequestValidationError):
        form_of(TranscriptionForm, {"model": "whisper-1", **fields})
