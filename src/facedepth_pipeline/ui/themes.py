"""Colours of the window: words stand out from what they are on by 4.5 to 1 at least (WCAG 2.2, 1.4.3), by test."""

from dataclasses import dataclass

Colour = tuple[float, float, float, float]


def _rgb(code: str) -> Colour:
    red, green, blue = bytes.fromhex(code)
    return red / 255, green / 255, blue / 255, 1.0


@dataclass(frozen=True)
class Theme:
    """RGBA colours, 0 to 1.

    Attributes:
        background: Of the window.
        panel: Of what lies on it.
        field: Of what can be typed in or pressed.
        pressed: The same, while it is.
        text: Words.
        muted: Words of less weight.
        accent: What matters most: the main button, outlines, progress.
        accent_text: Words on it.
        line: Thin lines; what has the focus is outlined in ``accent``.
        alert: Title of an error.
    """

    background: Colour
    panel: Colour
    field: Colour
    pressed: Colour
    text: Colour
    muted: Colour
    accent: Colour
    accent_text: Colour
    line: Colour
    alert: Colour


THEMES = {
    "dark": Theme(
        background=_rgb("16191d"),
        panel=_rgb("1f242a"),
        field=_rgb("2c333b"),
        pressed=_rgb("3b444f"),
        text=_rgb("f1f3f5"),
        muted=_rgb("b3bcc6"),
        accent=_rgb("5cc8b0"),
        accent_text=_rgb("08110f"),
        line=_rgb("4a5561"),
        alert=_rgb("ff9d84"),
    ),
    "light": Theme(
        background=_rgb("f3f4f2"),
        panel=_rgb("ffffff"),
        field=_rgb("e6e9e8"),
        pressed=_rgb("d2d8d6"),
        text=_rgb("1a1f24"),
        muted=_rgb("4c565f"),
        accent=_rgb("0b6e5c"),
        accent_text=_rgb("ffffff"),
        line=_rgb("a9b2b0"),
        alert=_rgb("a8321a"),
    ),
}


def contrast(one: Colour, other: Colour) -> float:
    """Contrast ratio of two opaque colours, 1 to 21 (WCAG 2.2, "contrast ratio" and "relative luminance")."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
