"""Tensors whose memory lies otherwise than their axes are numbered."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.worker.laid_out import CHANNELS_LAST, Laid

SHAPES = st.lists(st.sampled_from([1, 2, 3, 4]), min_size=1, max_size=4)


@st.composite
def laid(draw: st.DrawFn) -> tuple[np.ndarray, Laid]:
    """An array, and the same with its memory in any order."""
    shape = draw(SHAPES)
    plain = np.arange(np.prod(shape)).reshape(shape)
    order = draw(st.permutations(range(len(shape))))
    return plain, Laid.plain(plain).laid(order)


def splits(size: int) -> st.SearchStrategy[list[int]]:
    """Sizes of axes that hold as many numbers."""
    whole = st.just([size])
    halves = st.sampled_from([[a, size // a] for a in range(1, size + 1) if size % a == 0])
    return whole | halves | st.just([1, size])


@given(pair=laid(), data=st.data())
def test_a_reshape_gives_what_numpy_gives(
    pair: tuple[np.ndarray, Laid], data: st.DataObject
) -> None:
    """Whether memory moved for it or not: axes are split, joined, and gain or lose ones."""
    plain, same = pair
    shape: list[int] = []
    for size in data.draw(st.sampled_from([plain.shape, (plain.size,)])):
        shape += data.draw(splits(size))
    found = same.reshaped(shape)
    assert found.shape == tuple(shape)
    np.testing.assert_array_equal(found.numbered().data, plain.reshape(shape))


@given(pair=laid(), data=st.data())
def test_a_transposition_only_numbers_anew(
    pair: tuple[np.ndarray, Laid], data: st.DataObject
) -> None:
    """The memory stays, and what comes out is what numpy transposes."""
    plain, same = pair
    permutation = data.draw(st.permutations(range(plain.ndim)))
    found = same.renumbered(permutation)
    assert found.data is same.data
    np.testing.assert_array_equal(found.numbered().data, plain.transpose(permutation))


def test_heads_are_flattened_where_they_lie() -> None:
    """[1, channels, h, w] with channels last becomes [1, channels, h × w], nothing moved."""
    plain = np.arange(2 * 3 * 4).reshape(1, 2, 3, 4)
    found = Laid.plain(plain).laid(CHANNELS_LAST).reshaped([1, 2, 12])
    assert found.order == (0, 2, 1)
    assert found.data.shape == (1, 12, 2)
    np.testing.assert_array_equal(found.numbered().data, plain.reshape(1, 2, 12))


def test_a_lone_number_gains_axes() -> None:
    """A scalar is reshaped and broadcast like anything else."""
    lone = Laid.plain(np.array(3.0))
    assert lone.reshaped([1, 1]).shape == (1, 1)
    assert lone.ranked(3).shape == (1, 1, 1)
