#!/usr/bin/env python3
"""Makes docs/screen.svg: opens the demo's store in a real terminal (tmux) and draws what stands there.

    cargo build && python3 assets/picture.py target/debug/countersign docs/screen.svg
"""
import html, os, re, subprocess, sys, tempfile, time, unicodedata

COLUMNS, ROWS, WIDTH, HEIGHT = 120, 40, 8.4, 18
COLOURS = ["#3b4252", "#bf616a", "#a3be8c", "#ebcb8b", "#81a1c1", "#b48ead", "#88c0d0", "#e5e9f0"]


def tmux(*words):
    return subprocess.run(["tmux", "-L", "countersign-picture", *words], check=True, capture_output=True, text=True).stdout


def settled():
    """The screen, once it has drawn the same thing twice."""
    last = None
    for _ in range(100):
        now = tmux("capture-pane", "-p", "-e", "-t", "p")
        if now == last and "Waiting" in now:
            return now
        last = now
        time.sleep(0.2)
    raise SystemExit("the screen never came to rest")


def cells(line):
    """The line as (text, style) runs; a style is (foreground, bold, dim, reverse)."""
    style, out = (None, False, False, False), []
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if not part.startswith("\x1b["):
            if part:
                out.append((part, style))
            continue
        fg, bold, dim, rev = style
        codes = [int(c or 0) for c in part[2:-1].split(";")]
        if codes[:2] == [38, 5]:  # one of the sixteen, spelled as an index
            codes = [(30 if codes[2] < 8 else 82) + codes[2]] if codes[2] < 16 else []
        for code in codes:
            if code == 0: fg, bold, dim, rev = None, False, False, False
            elif code == 1: bold = True
            elif code == 2: dim = True
            elif code == 7: rev = True
            elif code == 22: bold = dim = False
            elif code == 27: rev = False
            elif code == 39: fg = None
            elif 30 <= code <= 37: fg = COLOURS[code - 30]
            elif 90 <= code <= 97: fg = COLOURS[code - 90]
        style = (fg, bold, dim, rev)
    return out


def width(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def svg(screen):
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {COLUMNS * WIDTH + 24:.0f} {ROWS * HEIGHT + 24}" '
           'font-family="ui-monospace, Menlo, DejaVu Sans Mono, monospace" font-size="14">',
           '<rect width="100%" height="100%" rx="8" fill="#242933"/>']
    for row, line in enumerate(screen.split("\n")[:ROWS]):
        at = 0
        for text, (fg, bold, dim, rev) in cells(line):
            x, y, wide = 12 + at * WIDTH, 12 + row * HEIGHT, width(text) * WIDTH
            at += width(text)
            ink = fg or "#d8dee9"
            if rev:
                out.append(f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="{HEIGHT}" fill="{ink}"/>')
                ink = "#242933"
            if text.strip():
                look = (' font-weight="bold"' if bold else "") + (' opacity="0.6"' if dim else "")
                out.append(f'<text x="{x:.1f}" y="{y + 14}" fill="{ink}" textLength="{wide:.1f}" xml:space="preserve"{look}>'
                           f"{html.escape(text)}</text>")
    return "\n".join(out) + "\n</svg>\n"


def main():
    program, target = os.path.abspath(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as home:
        store = os.path.join(home, "demo")
        subprocess.run([program, "demo", "--fill", store], check=True, stdout=subprocess.DEVNULL)
        tmux("-f", "/dev/null", "new-session", "-d", "-s", "p", "-x", str(COLUMNS), "-y", str(ROWS), "env", "LC_ALL=C.UTF-8",
             program, "--store", os.path.join(store, "demo.db"), "--as", "alice")
        try:
            settled()
            for key in sys.argv[3:]:
                tmux("send-keys", "-t", "p", key)
            picture = svg(settled())
        finally:
            tmux("kill-server")
    with open(target, "w", encoding="utf-8") as file:
        file.write(picture)


main()
