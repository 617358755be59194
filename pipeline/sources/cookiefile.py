"""Cookies as browsers' extensions export them: Netscape's form, one a line."""

from pipeline.errors import SourceError

HEADER = "# Netscape HTTP Cookie File"
HEADERS = (HEADER, "# HTTP Cookie File")
HTTP_ONLY = "#HttpOnly_"
COLUMNS = 7
MAX_BYTES = 512 << 10
NOT_COOKIES = (
    "That is no cookies.txt in Netscape's form: export it with a browser extension such as "
    "“Get cookies.txt LOCALLY” and send that file."
)


def read(data: bytes) -> str:
    """The cookies of a file, as yt-dlp reads them: the header and whole lines.

    Raises:
        SourceError: it is something else, or holds no cookie.
    """
    if len(data) > MAX_BYTES:
        raise SourceError(
            f"That file is over {MAX_BYTES >> 10} KB: export the cookies of one site only."
        )
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise SourceError(NOT_COOKIES) from error
    if not lines or not lines[0].startswith(HEADERS):
        raise SourceError(NOT_COOKIES)
    said = [line for line in lines if line.strip() and not _comment(line)]
    if not said or not all(_is_cookie(line) for line in said):
        raise SourceError(NOT_COOKIES)
    return "\n".join([HEADER, *said, ""])


def _comment(line: str) -> bool:
    return line.startswith("#") and not line.startswith(HTTP_ONLY)


def _is_cookie(line: str) -> bool:
    """`domain, also for subdomains, path, https only, expires, name, value`, tabs between."""
    parts = line.split("\t")
    if len(parts) != COLUMNS or not parts[0].removeprefix(HTTP_ONLY):
        return False
    flags = {parts[1], parts[3]}
    expires = parts[4].split(".")[0].lstrip("-")
    return flags <= {"TRUE", "FALSE"} and (expires == "" or expires.isdecimal())
