"""Personal data in a file, and patterns for it that cannot be used."""

from __future__ import annotations

from collections.abc import Sequence

from ..message import join, say
from ..personal_data.findings import Found, sentence
from ..states import State
from .base import Skipped, Terminal


class PersonalDataFound(Terminal):
    """The site loads no file with personal data."""

    gist = say("The file seems to contain personal data, so nothing was loaded.")

    def __init__(self, found: Sequence[Found]) -> None:
        super().__init__(
            say(
                "The file seems to contain personal data, so nothing was loaded: {found}. Remove these values "
                "from the file, and upload it again. If they are not personal data, ask the site's administrator.",
                found=sentence(found),
            )
        )
        self.found = tuple(found)


class BadPatterns(Terminal):
    """The site's own patterns cannot be used (``pii_regex_resource_id_or_alias``)."""

    gist = say("The file could not be screened for personal data, so nothing was loaded.")

    def __init__(self, why: str) -> None:
        super().__init__(
            say(
                "The file could not be screened for personal data, so nothing was loaded: the site's patterns "
                "(pii_regex_resource_id_or_alias) cannot be used, because {why}. Ask the site's administrator.",
                why=why,
            )
        )
        self.why = why


class Held(Skipped):
    """Nothing was loaded because of a person's decision, made or to be made, and that is not an error."""

    state = State.SKIPPED
    #: what anybody may read
    public: str = ""

    def __init__(self, message: str, found: Sequence[Found]) -> None:
        super().__init__(message)
        self.found = tuple(found)


class WaitsForReview(Held):
    """Somebody has to approve the file first."""

    state = State.WAITING

    def __init__(self, found: Sequence[Found], reviewers: str) -> None:
        super().__init__(
            say(
                "The file seems to contain personal data, so it waits for a review: {found}. {reviewers} can "
                "approve or reject it on the DataStore tab. Until then the table stays as it is.",
                found=sentence(found),
                reviewers=reviewers,
            ),
            found,
        )


class RejectedInReview(Held):
    """Somebody has rejected this file."""

    state = State.REJECTED
    public = say("The file was rejected in a review, so it is not loaded.")

    def __init__(self, found: Sequence[Found], who: str, note: str = "") -> None:
        why = say("The file was rejected by {who} because of personal data: {found}.", who=who, found=sentence(found))
        said = say("Their note: “{note}”.", note=note) if note else ""
        then = say("It was not loaded, and the table stays as it is. Upload a file without these values.")
        super().__init__(join((why, said, then)), found)
