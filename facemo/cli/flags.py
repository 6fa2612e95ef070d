"""Messages about options as the command line calls them."""

from __future__ import annotations

import re
from dataclasses import fields

from facemo.options import Encoding, Loading, Planning
from facemo.signatures import flag_of


def as_flags(message: str) -> str:
    """A message about options as the command line calls them: ``name=value`` as flag and value.

    A name at the start that "must be" something, or ends in a colon, is one, too; what stands in
    quotes stays.

    >>> as_flags("max_uses=1 of 4 tiles fill 4 cells: use max_uses=9, or once=True")
    '--max-uses 1 of 4 tiles fill 4 cells: use --max-uses 9, or --once'
    """
    options = {each.name: each for group in (Loading, Planning, Encoding) for each in fields(group)}

    def flagged(found: re.Match[str]) -> str:
        option, value = options.get(found["name"]), found["value"]
        if option is None:
            return found[0]
        valued = value and option.metadata["kind"].metavar
        return flag_of(option) + (f" {value}" if valued else "")

    # An apostrophe within a word neither opens nor closes a quotation.
    quoted = r"(?<!\w)'(?:[^']|'(?=\w))*'"
    given, refused = r"(?<![\w./-])(?=\w+=)", r"^(?=\w+(?: must be|: ))"
    named = rf"(?:{given}|{refused})(?P<name>\w+)(?:=(?P<value>[\w.]*\w))?"
    return re.sub(f"{quoted}|{named}", flagged, message)
