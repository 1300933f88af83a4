"""image/png and image/jpeg: whole, of a sane size, and nothing else besides."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given

from adapter.fhir.attachments import jpeg, png
from tests.kit import attachment_files
from tests.kit.attachment_files import chunk, segment
from tests.kit.cut_bytes import damaged


@pytest.mark.parametrize("cut", range(1, len(attachment_files.png())))
def test_a_png_that_is_cut_off_anywhere_is_refused(cut: int) -> None:
    assert png.fault(attachment_files.png()[:cut]) != ""


@pytest.mark.parametrize("cut", range(1, len(attachment_files.jpeg())))
def test_a_jpeg_that_is_cut_off_anywhere_is_refused(cut: int) -> None:
    assert jpeg.fault(attachment_files.jpeg()[:cut]) != ""


@pytest.mark.parametrize("at", range(len(attachment_files.png())))
def test_a_png_with_one_wrong_byte_is_refused(at: int) -> None:
    whole = bytearray(attachment_files.png())
    whole[at] ^= 0x10
    assert png.fault(bytes(whole)) != ""


@pytest.mark.parametrize(("width", "height"), [(1, 1), (20_000, 5_000), (5_000, 20_000)])
def test_an_image_of_a_sane_size_is_taken(width: int, height: int) -> None:
    assert png.fault(attachment_files.png(width, height)) == ""
    assert jpeg.fault(attachment_files.jpeg(width, height)) == ""


@pytest.mark.parametrize(
    ("width", "height"), [(0, 1), (1, 0), (20_001, 1), (1, 20_001), (20_000, 5_001)]
)
def test_an_image_of_another_size_is_refused(width: int, height: int) -> None:
    assert "pixels" in png.fault(attachment_files.png(width, height))
    assert "pixels" in jpeg.fault(attachment_files.jpeg(width, height))


def test_a_jpeg_may_have_fill_bytes_before_a_marker() -> None:
    whole = attachment_files.jpeg()
    assert jpeg.fault(whole[:2] + b"\xff" * 9 + whole[2:]) == ""


def test_a_size_later_in_a_jpeg_counts_too() -> None:
    frame = segment(0xC0, bytes((8,)) + b"\xff\xff" * 2 + bytes((1, 1, 0x11, 0)))
    whole = attachment_files.jpeg()
    assert "a side" in jpeg.fault(whole[:-2] + frame + whole[-2:])


@pytest.mark.parametrize(
    ("fault", "content"),
    [
        (png.fault, attachment_files.png(more=chunk(b"tEXt") * 700_000)),
        (jpeg.fault, attachment_files.jpeg(more=segment(0xFE, b"") * 2_000_000)),
        (jpeg.fault, attachment_files.jpeg(more=b"\xff" * 8_000_000)),
        (jpeg.fault, attachment_files.jpeg()[:-2] + b"\xff\x00" * 4_000_000),
        (jpeg.fault, attachment_files.jpeg()[:-2] + b"\xff" * 8_000_000),
        (jpeg.fault, attachment_files.jpeg() * 50_000),
        (jpeg.fault, (attachment_files.jpeg() + bytes(60)) * 40_000),
    ],
    ids=["chunks", "segments", "fill", "stuffed", "fill-in-pixels", "images", "padded-images"],
)
def test_many_parts_cost_no_more_than_their_bytes(
    fault: Callable[[bytes], str], content: bytes
) -> None:
    began = time.thread_time()
    fault(content)
    assert time.thread_time() - began < 2


@given(damaged(attachment_files.png()))
def test_a_damaged_png_is_taken_or_refused(content: bytes) -> None:
    assert isinstance(png.fault(content), str)


@given(damaged(attachment_files.jpeg()))
def test_a_damaged_jpeg_is_taken_or_refused(content: bytes) -> None:
    assert isinstance(jpeg.fault(content), str)
