"""Icons: drawn for the portal on a grid of 24, stroke 2, round ends, in the colour of the words beside them."""

from markupsafe import Markup

_CIRCLE = '<circle cx="12" cy="12" r="9"/>'
_FILLED = '<circle cx="12" cy="12" r="10" fill="currentColor" stroke="none"/>'
_DASHED = '<circle cx="12" cy="12" r="9" stroke-dasharray="3.2 2.5"/>'
_CUT = 'class="cut"'
_OCTAGON = '<path d="M8 2.5h8l5.5 5.5v8L16 21.5H8L2.5 16V8z" fill="currentColor" stroke="none"/>'
_SHEET = '<path d="M6 3h8l4 4v14H6z"/>'

ICONS = {
    "arrow": '<path d="M4 12h15M13 6l6 6-6 6"/>',
    "back": '<path d="M15 5l-7 7 7 7"/>',
    "clock": f'{_CIRCLE}<path d="M12 7v5l3.5 2"/>',
    "cross": f'{_OCTAGON}<path d="M9 9l6 6M15 9l-6 6" {_CUT}/>',
    "done": f'{_CIRCLE}<path d="M8 12.3l2.8 2.7L16 9.5"/>',
    "done-filled": f'{_FILLED}<path d="M7.5 12.3l3 3 6-6.3" {_CUT}/>',
    "down": '<path d="M5 9l7 7 7-7"/>',
    "download": '<path d="M12 4v11M7 10.5l5 5 5-5M5 20h14"/>',
    "empty": _CIRCLE,
    "eye": '<path d="M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12z"/><circle cx="12" cy="12" r="2.8"/>',
    "file": f'{_SHEET}<path d="M9 11h6M9 14.5h6M9 18h4"/>',
    "gap": f'{_DASHED}<path d="M9.6 9.7a2.5 2.5 0 1 1 3.5 2.3c-.8.4-1.1.8-1.1 1.7M12 16.7v.1"/>',
    "globe": f'{_CIRCLE}<path d="M3 12h18M12 3c5 5.4 5 12.6 0 18M12 3c-5 5.4-5 12.6 0 18"/>',
    "half": f'{_CIRCLE}<path d="M12 3a9 9 0 0 1 0 18z" fill="currentColor" stroke="none"/>',
    "hourglass": '<path d="M6 3h12M6 21h12M7.5 3v3.5L12 12l4.5-5.5V3M7.5 21v-3.5L12 12l4.5 5.5V21"/>',
    "late": f'{_OCTAGON}<path d="M12 7v6M12 16.5v.1" {_CUT}/>',
    "lock": '<rect x="5" y="11" width="14" height="9" rx="1.5"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>',
    "mend": '<path d="M12 4L2.8 20h18.4zM12 10v4.5M12 17.4v.1"/>',
    "menu": '<path d="M4 6.5h16M4 12h16M4 17.5h16"/>',
    "message": '<path d="M4 5h16v11H11l-4.5 4v-4H4z"/>',
    "now": f'{_CIRCLE}<circle cx="12" cy="12" r="4.5" fill="currentColor" stroke="none"/>',
    "old": f'{_DASHED}<path d="M12 7.5V12l3 2"/>',
    "pause": f'{_FILLED}<path d="M9.5 8.5v7M14.5 8.5v7" {_CUT}/>',
    "people": '<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20c0-4 2.7-6.5 6.5-6.5s6.5 2.5 6.5 6.5M15.5 4.8a3.5 3.5 0 0 1 0 6.4M18 14.3c2.2.9 3.5 3 3.5 5.7"/>',
    "person": '<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c0-4.3 3-7 7.5-7s7.5 2.7 7.5 7"/>',
    "pin": '<path d="M12 21.5S5 15 5 9.7a7 7 0 0 1 14 0C19 15 12 21.5 12 21.5z"/><circle cx="12" cy="9.7" r="2.5"/>',
    "print": '<path d="M7 8V3.5h10V8M7 17H4V8h16v9h-3M7 14h10v6.5H7z"/>',
    "right": '<path d="M9 5l7 7-7 7"/>',
    "seal": '<circle cx="12" cy="9" r="5.5"/><path d="M8.8 13.5L7.5 21.5 12 19l4.5 2.5-1.3-8"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5L21 21"/>',
    "shield": f'<path d="M12 2.5l8 3v6c0 5-3.3 8.5-8 10.5-4.7-2-8-5.5-8-10.5v-6z" fill="currentColor" stroke="none"/><path d="M8.3 12l2.7 2.7 5-5.2" {_CUT}/>',
    "sign": '<path d="M3 19h18M4 15c3-1 5-9 7-9s-2 8 0 8 2.5-4 4-4 .5 3.5 5 3.5"/>',
    "soon": f'{_FILLED}<path d="M12 7v5.2l3.3 2" {_CUT}/>',
    "specimen": '<path d="M6 3h8l4 4v14H6z" stroke-dasharray="3 2.4"/><path d="M9.5 12h5M9.5 16h5"/>',
    "star": '<path d="M12 4v16M5 8l14 8M19 8L5 16"/>',
    "stop": f'{_FILLED}<path d="M8 12h8" {_CUT}/>',
    "up": '<path d="M5 15l7-7 7 7"/>',
    "you": '<path d="M3 5h10.5L21 12l-7.5 7H3l5.5-7z" fill="currentColor" stroke="none"/>',
}
"""What is inside each icon. A cut into a filled shape has the colour of the paper, so it looks cut out."""


def icon(name: str, size: int = 20) -> Markup:
    """Return an icon that stands beside words; it says nothing to a screen reader. KeyError when there is none."""
    return Markup(  # noqa: S704 - nothing here comes from anybody.
        f'<svg class="icon" width="{size}" height="{size}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        f'stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">'
        f"{ICONS[name]}</svg>"
    )
