"""An address as a picture that phones read."""

import io

import segno

SCALE = 10
"""Pixels of a square; the picture has about 400 then."""


def png(address: str) -> bytes:
    """A QR code of the address, as PNG, with the white border that readers need."""
    buffer = io.BytesIO()
    # A seventh of it may be damaged: it is printed and photographed.
    segno.make(address, error="m", micro=False).save(buffer, kind="png", scale=SCALE, border=4)
    return buffer.getvalue()
