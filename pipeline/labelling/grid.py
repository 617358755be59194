"""How numbered tiles are laid out, on the picture and on the keyboard below it."""

TALLEST = 1.6
"""Height by width of the tallest sheet: a taller one pushes the keyboard off a phone's screen."""

PLEASANT = 1.1


def columns(count: int, *, aspect: float = 1.0) -> int:
    """Columns for `count` tiles: 1, 2, 2, 2, 2, 2, 3, 3, 3 for one to nine square tiles.

    Args:
        count: how many tiles, 1 to 9.
        aspect: height by width of one tile.
    """

    def cost(across: int) -> tuple[bool, float]:
        down = -(-count // across)
        shape = down * aspect / across
        blanks = (across * down - count) / count
        return shape > TALLEST, max(shape / PLEASANT, PLEASANT / shape) + blanks / 10

    return min(range(1, count + 1), key=cost)
