"""Words that are not ours, such as names and titles, shown letter by letter by Qt."""


def literal(text: str, longest: int | None = None) -> str:
    """Write a text that is not ours on a button or in a menu, where `&` would mark a key.

    With `longest`, what is longer ends in `…`.
    """
    line = " ".join(text.split())
    if longest is not None and len(line) > longest:
        line = f"{line[: longest - 1]}…"
    return line.replace("&", "&&")


def literal_tip(text: str) -> str:
    """Write a text that is not ours in a tool tip, where `<b>` would make bold."""
    if "<" not in text:
        return text
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<p style="white-space: pre-wrap">{escaped}</p>'
