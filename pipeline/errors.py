"""What can go wrong, and what a person is told.

    TaptrainError
    ├── UserError            the person can act on it; the message is shown as it is
    │   ├── SourceError      a link, file or archive that cannot be used
    │   │   ├── LinkRefused  an address we do not follow (inside the network, odd scheme)
    │   │   ├── NoVideo      a page without a video, and in the end without a picture
    │   │   ├── AllHere      nothing behind it that the project has not
    │   │   ├── SourceBlocked    a site turns this machine away: asking on makes it worse
    │   │   ├── SourceBroke  (retryable) the other side broke off or did not answer in time
    │   │   └── ArchiveRefused   a zip that is broken, a bomb, or points outside its folder
    │   ├── LabelError       labels that cannot be read at all
    │   ├── DrawingError     a drawing in which no box was found
    │   ├── DatasetError     too little to train or judge
    │   └── SpecError        a training that makes no sense (epochs, size, model)
    └── WorkerError          our side failed; the person gets the cause in words
        ├── NotPackable      a model that is no browser package yet
        ├── OutOfMemory      (retryable) the machine had too little memory
        └── LostWorker       (retryable) the process vanished

The first argument is the sentence for the person: short, kind, saying what to do next.
"""


class TaptrainError(Exception):
    """Something went wrong; the cause is in the log."""

    retryable = False

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())

    @property
    def user_message(self) -> str:
        """One sentence for a chat."""
        return str(self.args[0])

    @property
    def code(self) -> str:
        """The name that travels in events."""
        return type(self).__name__


class UserError(TaptrainError):
    """That cannot be done as asked."""


class SourceError(UserError):
    """I can't use this source."""


class LinkRefused(SourceError):
    """I don't follow links to that address."""


class NoVideo(SourceError):
    """I found no video and no picture there: open the link in a browser, copy its own address."""


class AllHere(SourceError):
    """All of that is here already."""


class SourceBlocked(SourceError):
    """That site turns me away for now: try again in some hours."""


class SourceBroke(SourceError):
    """The other side broke off: try again later."""

    retryable = True


class ArchiveRefused(SourceError):
    """I can't open this archive."""


class LabelError(UserError):
    """I can't read these labels."""


class DrawingError(UserError):
    """I see no drawing on this picture."""


class DatasetError(UserError):
    """There is too little to train with yet."""


class SpecError(UserError):
    """That training can't be run."""


class WorkerError(TaptrainError):
    """The work stopped because of a fault on our side."""


class NotPackable(WorkerError):
    """I can't pack this kind of model for the browser yet: it is kept, and /predict tries it."""


class OutOfMemory(WorkerError):
    """This machine ran out of memory."""

    retryable = True


class LostWorker(WorkerError):
    """The process that did the work vanished."""

    retryable = True
