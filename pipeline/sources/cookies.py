"""A browser's cookies as people export them, checked before a library sees them.

yt-dlp prints lines it cannot read, which would put a cookie into the log.
"""

import io
import re

from pipeline.errors import SourceError

HEADER = "# Netscape HTTP Cookie File\n"
HTTP_ONLY = "#HttpOnly_"
FIELDS = 7
MAX_CHARACTERS = 1 << 20


def stream(text: str) -> io.StringIO | None:
    """The cookies for yt-dlp, in memory: no file that a killed worker would leave. None without.

    Raises:
        SourceError: not a cookie file in Netscape's form; says which line, never what is in it.
    """
    if not text.strip():
        return None
    if len(text) > MAX_CHARACTERS:
        raise SourceError("Those cookies are too many: export only those of the video's site.")
    kept = [HEADER]
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.removeprefix(HTTP_ONLY)
        if not bare.strip() or bare.startswith("#"):
            continue
        fields = bare.split("\t")
        expires = fields[4].strip() if len(fields) == FIELDS else "?"
        if not fields[0] or not re.fullmatch(r"-1|[0-9]*(\.[0-9]+)?", expires):
            raise SourceError(
                f"Line {number} of the cookies is none: "
                "export them again as a cookies.txt in Netscape's form."
            )
        # As the reader wants them: it fails on the whole file where these two do not agree.
        fields[1] = "TRUE" if fields[0].startswith(".") else "FALSE"
        fields[4] = "0" if expires in ("", "-1") else expires
        kept.append("\t".join(fields) + "\n")
    return io.StringIO("".join(kept))
