"""Options as keywords of functions, and as text: signatures, docstrings, flags, checks."""

from __future__ import annotations

import difflib
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import Field, fields
from typing import Any, TypeVar, cast, get_type_hints

from facemo.options import Options

F = TypeVar("F", bound=Callable[..., Any])

# What the command line has beside the options themselves.
_COMMANDS = {"width": "size=tile_side(target, inches)", "no_cache": "cache=False"}


def takes(*groups: type[Options]) -> Callable[[F], F]:
    """Let a function that takes ``**options`` show, document and check the fields of `groups`.

    Its signature lists them as keywords, and ``{options}`` in its docstring becomes their entries
    for the section Parameters. An option that there is not is a TypeError that says what was meant.
    """

    def decorated(function: F) -> F:
        options = [keyword for group in groups for keyword in _keywords(group)]
        signature = _with_keywords(inspect.signature(function), [k for k, _ in options])
        typed = {**_COMMANDS, **_typed(groups)}

        @functools.wraps(function)
        def checked(*args: Any, **kwargs: Any) -> Any:
            _check_call(function.__name__, signature, typed, len(args), kwargs)
            return function(*args, **kwargs)

        checked.__signature__ = signature  # type: ignore[attr-defined]
        # Without ``**options``, whose type is there for checkers alone.
        checked.__annotations__ = {
            **{name: each.annotation for name, each in signature.parameters.items()},
            "return": signature.return_annotation,
        }
        # Cleaned, for Python 3.13 itself takes away what docstrings are indented by.
        text = inspect.cleandoc(function.__doc__ or "")
        checked.__doc__ = text.replace("{options}\n", _entries(options))
        return cast(F, checked)

    return decorated


def _typed(groups: Iterable[type[Options]]) -> dict[str, str]:
    """What is meant by the words of the command line that are not the names of options."""
    return {
        flag_of(each).strip("-").replace("-", "_"): each.name + "=False" * (each.default is True)
        for group in groups
        for each in fields(group)
        if each.metadata["flag"]
    }


def _check_call(
    name: str,
    signature: inspect.Signature,
    typed: Mapping[str, str],
    given: int,
    kwargs: Iterable[str],
) -> None:
    """Raise a TypeError that says what is meant, for options without or with a wrong name."""
    known = signature.parameters
    named = [each for each in known.values() if each.kind is each.KEYWORD_ONLY]
    others = [each for each in known if known[each].kind is not inspect.Parameter.KEYWORD_ONLY]
    if given > len(others):
        raise TypeError(
            f"{name}() takes {' and '.join(others)}, and options by name, as {named[0].name}=…, "
            f"got {given} arguments without a name"
        )
    for keyword in sorted(set(kwargs) - set(known)):
        names = [each.name for each in named]
        command = typed.get(keyword, "")
        is_known = command.partition("=")[0] in names
        near = [command] if is_known else difflib.get_close_matches(keyword, names, 1)
        meant = f"did you mean {near[0]!r}?" if near else "there are " + ", ".join(names)
        raise TypeError(f"{name}() got an unexpected keyword argument {keyword!r}: {meant}")


def _keywords(group: type[Options]) -> Iterator[tuple[inspect.Parameter, str]]:
    """A keyword for each field, with its type, not a name for it; and its line of help."""
    types = get_type_hints(group)
    for each in fields(group):
        keyword = inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY)
        yield keyword.replace(default=each.default, annotation=types[each.name]), line_of(each)


def _with_keywords(
    signature: inspect.Signature, keywords: list[inspect.Parameter]
) -> inspect.Signature:
    """`signature` with `keywords` in place of ``**options``."""
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    first_keyword = next((n for n, p in enumerate(own) if p.kind is p.KEYWORD_ONLY), len(own))
    return signature.replace(parameters=[*own[:first_keyword], *keywords, *own[first_keyword:]])


def _entries(options: list[tuple[inspect.Parameter, str]]) -> str:
    """What a section Parameters says of options."""
    return "".join(
        f"{keyword.name} : {inspect.formatannotation(keyword.annotation)}, "
        f"default: {keyword.default!r}\n{_indented(text[0].upper() + text[1:])}.\n"
        for keyword, text in options
    )


def _indented(text: str) -> str:
    return textwrap.fill(text, 95, initial_indent=" " * 4, subsequent_indent=" " * 4)


def flag_of(each: Field[Any]) -> str:
    """What the command line calls an option.

    >>> from facemo.options import Planning
    >>> [flag_of(each) for each in fields(Planning)][-4:]
    ['--exclude', '--weights', '--view', '--seed']
    """
    flag: str = each.metadata["flag"] or "--" + each.name.replace("_", "-")
    return flag


def line_of(each: Field[Any]) -> str:
    """An option's line of help, with its default.

    >>> from facemo.options import Planning
    >>> line_of(fields(Planning)[-1])
    'the same seed and inputs give the same mosaic (0)'
    """
    meaning = each.metadata["meaning"] or each.default
    return f"{each.metadata['help']}" + ("" if isinstance(meaning, bool) else f" ({meaning})")
