"""A worker's errors become sentences."""

import errno

import pytest

from pipeline.errors import OutOfMemory, SourceError, WorkerError
from pipeline.worker.__main__ import in_words


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (SourceError("That is no video."), "That is no video."),
        (MemoryError(), "out of memory"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk of this machine is full"),
        (ModuleNotFoundError("No module named 'torch'", name="torch"), "lacks torch"),
        (ZeroDivisionError("secret/path"), "unexpected ZeroDivisionError"),
    ],
)
def test_every_error_is_one_sentence(error: Exception, part: str) -> None:
    """Known causes are named; an unknown one gives its kind and nothing of its text."""
    told = in_words(error)
    assert part in told.user_message
    assert "secret" not in told.user_message


def test_only_causes_that_pass_are_tried_again() -> None:
    """Lack of memory can pass; a fault cannot."""
    assert isinstance(in_words(MemoryError()), OutOfMemory)
    assert in_words(MemoryError()).retryable
    assert not in_words(ValueError()).retryable
    assert isinstance(in_words(ValueError()), WorkerError)
