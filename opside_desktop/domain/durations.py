"""Lengths of time in words."""


def duration(seconds: float) -> str:
    """Spell a time to wait as people say it: 42 s, 2 min 58 s, 1 h 05 min."""
    whole = max(1, round(seconds))
    if whole < 120:
        return f"{whole} s"
    # To the second: a sentence that stands still for a minute looks as if nothing went on.
    minutes, rest = divmod(whole, 60)
    hours = minutes // 60
    return f"{hours} h {minutes % 60:02} min" if hours else f"{minutes} min {rest:02} s"
