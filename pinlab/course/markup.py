"""Markup: what an item says, as the HTML that learning platforms show."""

from html import escape

from nbconvert.filters import markdown2html


def html(markdown: str) -> str:
    """Return Markdown as HTML."""
    return str(markdown2html(markdown)).strip()


def plain(words: str) -> str:
    """Return words as HTML that shows them letter by letter."""
    return escape(words, quote=False)
