"""Errors of files that could not be fetched."""

from __future__ import annotations

from ..message import join, say
from .base import Terminal, Transient


class NoFile(Terminal):
    """The resource has neither a link nor an uploaded file."""

    is_public = True

    def __init__(self) -> None:
        super().__init__(
            say(
                "The resource has no link and no uploaded file, so there is nothing to load. "
                "Upload a file, or enter the http or https address of one as the resource's link."
            )
        )


class NotFetched(Terminal):
    """The server answered, but not with the file."""

    def __init__(self, address: str, status: int) -> None:
        super().__init__(
            say(
                "{address} answered {status}, so there was no file to load. "
                "Check the resource's link, or upload the file instead.",
                address=address,
                status=str(status),
            )
        )
        self.status = status
        self.gist = say("The server of the file answered {status}.", status=str(status))


class FetchInterrupted(Transient):
    """The address could not be reached, or stopped answering."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(
            say("The file could not be fetched from {address}: {why}.", address=address, why=why),
            say("Check that the link opens, then load again from the DataStore tab."),
        )


class NotReady(Terminal):
    """The server was still preparing the file when the run stopped waiting; not retried, as for ``FetchTooSlow``."""

    def __init__(self, address: str, waited: float) -> None:
        super().__init__(
            say(
                "{address} still answered 202 (the file is being prepared) after {waited} seconds, so there was no "
                "file to load. Open the link until it gives the file, then load again from the DataStore tab.",
                address=address,
                waited=round(waited),
            )
        )


class FetchTooSlow(Terminal):
    """The download was slower than allowed. It is not retried, because other loads would have to wait again."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(
            say(
                "The download from {address} was given up because {why}. "
                "Load again when the server is faster, or upload the file instead.",
                address=address,
                why=why,
            )
        )


class TooManyRedirects(Terminal):
    """The address redirects too many times."""

    def __init__(self, address: str, hops: int) -> None:
        super().__init__(
            say(
                "{address} redirected {hops} times without reaching a file. "
                "Put the file's final address into the resource's link.",
                address=address,
                hops=hops,
            )
        )


class AddressRefused(Terminal):
    """The address must not be fetched by a server (scheme, or a private network)."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(
            say(
                "{address} was not fetched because {why}. Use a public http or https address, or upload the file "
                "instead.",
                address=address,
                why=why,
            )
        )


class FileTooLarge(Terminal):
    """More bytes than ``max_content_length`` allows."""

    is_public = True

    def __init__(self, limit: int, seen: int | None = None) -> None:
        if seen is None:
            what = say("The file is larger than allowed; this site loads at most {limit} bytes.", limit=limit)
        else:
            what = say("The file has {seen} bytes; this site loads at most {limit} bytes.", seen=seen, limit=limit)
        advice = say("Split the file, or ask the site's administrator to raise max_content_length.")
        super().__init__(join((what, advice)))


class SheetsFileGone(Terminal):
    """The resource whose file has the sheet is not in the dataset any more."""

    is_public = True

    def __init__(self) -> None:
        super().__init__(
            say(
                "This table is a sheet of another resource's file, and that resource is not in the dataset any more. "
                "The table stays as it is. Upload a file of its own, and clear the field dpp_sheet_of, to change it."
            )
        )


class UploadMissing(Terminal):
    """CKAN has a record of an uploaded file that is not in its storage."""

    is_public = True

    def __init__(self) -> None:
        super().__init__(say("The uploaded file is not in this site's storage. Upload it again."))


class UploadUnreadable(Terminal):
    """CKAN keeps uploaded files where the worker cannot read them."""

    def __init__(self, storage: str) -> None:
        super().__init__(
            say(
                "The uploaded file is kept by {storage}, which the worker cannot read from. "
                "Ask the site's administrator to give the worker the site's storage, or publish the file by a link.",
                storage=storage,
            )
        )
