"""Bar charts as SVG."""

from xml.sax.saxutils import escape

WIDTH = 760
LABEL = 250  # of the bars' names
VALUE = 130  # of the figure behind a bar
BAR = 16
GAP = 6
GROUP = 26
TOP = 52
OURS = "#1f6feb"
OURS_LIGHT = "#9cc3ff"
OTHERS = "#8c8c8c"
OTHERS_LIGHT = "#cfcfcf"
STYLE = "font-family='Helvetica, Arial, sans-serif'"


def figure(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def bars(title, subtitle, groups):
    """groups: (name, [(label, median, least, most, ours, light)]). A group has a scale of its own; a bar's range is a thin line."""
    parts, y = [], TOP
    for name, items in groups:
        scale = (WIDTH - LABEL - VALUE) / max(high for _, _, _, high, _, _ in items)
        parts.append(f"<text x='8' y='{y + 14}' font-size='13' font-weight='bold'>{escape(name)}</text>")
        y += GROUP
        for label, median, low, high, ours, light in items:
            colour = (OURS_LIGHT if light else OURS) if ours else (OTHERS_LIGHT if light else OTHERS)
            middle = y + BAR / 2
            parts.append(f"<text x='{LABEL - 8}' y='{middle + 4}' font-size='12' text-anchor='end'>{escape(label)}</text>")
            parts.append(f"<rect x='{LABEL}' y='{y}' width='{max(1, median * scale):.1f}' height='{BAR}' fill='{colour}'/>")
            parts.append(f"<line x1='{LABEL + low * scale:.1f}' x2='{LABEL + high * scale:.1f}' y1='{middle}' y2='{middle}' stroke='#222'/>")
            parts.append(f"<text x='{LABEL + high * scale + 6:.1f}' y='{middle + 4}' font-size='12'>{figure(median)}</text>")
            y += BAR + GAP
        y += GAP
    head = [
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{y}' viewBox='0 0 {WIDTH} {y}' {STYLE} fill='#222'>",
        f"<rect width='{WIDTH}' height='{y}' fill='#fff'/>",
        f"<text x='8' y='22' font-size='16' font-weight='bold'>{escape(title)}</text>",
        f"<text x='8' y='42' font-size='12' fill='#555'>{escape(subtitle)}</text>",
    ]
    return "\n".join([*head, *parts, "</svg>", ""])
