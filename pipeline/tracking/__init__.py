"""Carrying boxes from a frame of a video to its neighbours.

overlap.py     how much two boxes share (plain numbers, light to import)
frame.py       a picture made ready: small, in halves, with its features
camera.py      how the whole view moved between two frames, or that there was a cut
appearance.py  patches of objects and how alike they are
search.py      where in a frame something like a patch lies
refine.py      the exact place, by the flow of points
carry.py       one box from one frame to the next: the door
follow.py      boxes through many frames, with fading confidence
link.py        a model's boxes in many frames become tracks
"""
