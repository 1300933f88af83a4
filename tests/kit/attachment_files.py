"""Small files of each kind, right and wrong; `python -m tests.kit.attachment_files` writes them.

The folder `fixtures/attachments` has them, and `verdicts.json` says what each is declared as and
why it is refused ("" where it is taken).
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib

from tests.kit.places import ROOT

FOLDER = ROOT / "fixtures" / "attachments"
PDF, TEXT, PNG, JPEG = "application/pdf", "text/plain", "image/png", "image/jpeg"
SCRIPT = b"<script>alert(1)</script>"


def pdf(extra: bytes = b"", trailer: bytes = b"", head: bytes = b"%\xe2\xe3\xcf\xd3") -> bytes:
    """A PDF with one empty page; `extra` goes into its catalog, `trailer` into its trailer."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R " + extra + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
    ]
    body, places = b"%PDF-1.4\n" + head + b"\n", list[int]()
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = (
        b"trailer\n<< /Size 4 /Root 1 0 R " + trailer + b" >>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    )
    return body + b"xref\n0 4\n0000000000 65535 f \n" + table + end


def chunk(name: bytes, data: bytes = b"") -> bytes:
    return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)


def png(width: int = 2, height: int = 2, more: bytes = b"", depth: int = 8) -> bytes:
    """A grey PNG; `more` are chunks before the pixels. Large ones have no real pixels."""
    header = width.to_bytes(4) + height.to_bytes(4) + bytes((depth, 0, 0, 0, 0))
    rows = min(height, 16) * (b"\x00" + bytes(min(width, 16)))
    parts = chunk(b"IHDR", header) + more + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND")
    return b"\x89PNG\r\n\x1a\n" + parts


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(data) + 2).to_bytes(2) + data


def jpeg(width: int = 8, height: int = 8, more: bytes = b"") -> bytes:
    """A grey baseline JPEG of one block; `more` are segments before the tables."""
    frame = bytes((8,)) + height.to_bytes(2) + width.to_bytes(2) + bytes((1, 1, 0x11, 0))
    table = bytes((1,)) + bytes(15) + bytes((0,))  # one code, of one bit, for the value 0
    return b"".join((
        b"\xff\xd8",
        segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
        more,
        segment(0xDB, b"\x00" + b"\x01" * 64),
        segment(0xC0, frame),
        segment(0xC4, b"\x00" + table),
        segment(0xC4, b"\x10" + table),
        segment(0xDA, bytes((1, 1, 0, 0, 63, 0))),
        b"\x3f\xff\x00\xff\xd0\x3f\xff\xd9",
    ))  # fmt: skip


def archive(comment: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        written.writestr(zipfile.ZipInfo("run.bat"), "echo")
        written.comment = comment
    return file.getvalue()


def gif() -> bytes:
    """A GIF of one pixel."""
    screen, image = "01000100800000000000ffffff", "2c00000000010001000002024401003b"
    return b"GIF89a" + bytes.fromhex(screen + image)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>\n"
PAGE = b"<!DOCTYPE html>\n<html>" + SCRIPT + b"</html>\n"
JPX = b"\x00\x00\x00\x0cjP  \r\n\x87\n"  # the beginning of a JPEG 2000

FILES: dict[str, tuple[str, bytes, str]] = {
    "plan.pdf": (PDF, pdf(), ""),
    "with-link.pdf": (
        PDF,
        pdf(b"/OpenAction [3 0 R /Fit] /URI << /Base (https://a.example/) >>"),
        "",
    ),
    "photo.jpg": (JPEG, jpeg(), ""),
    "photo-with-thumbnail.jpg": (JPEG, jpeg(more=segment(0xE1, b"Exif\x00\x00" + jpeg())), ""),
    "photo-with-second-image.jpg": (JPEG, jpeg() + bytes(64) + jpeg(4, 4), ""),
    "scan.png": (PNG, png(), ""),
    "scan-with-text.png": (PNG, png(more=chunk(b"tEXt", b"Comment\x00Provbild")), ""),
    "note.txt": (
        TEXT,
        "Åsa ringer på måndag.\r\n\tKl. 9 < 10 — och <b> är en tagg.\n".encode(),
        "",
    ),
    "note-with-mark.txt": (TEXT, "\ufeffHej\n".encode(), ""),
    "encrypted.pdf": (PDF, pdf(trailer=b"/Encrypt 4 0 R"), "is encrypted"),
    "encrypted-with-numbers.pdf": (PDF, pdf(trailer=b"/#45ncryp#74 4 0 R"), "is encrypted"),
    "javascript.pdf": (PDF, pdf(b"/OpenAction << /S /JavaScript /JS (app.alert) >>"), "JavaScript"),
    "javascript-with-numbers.pdf": (
        PDF,
        pdf(b"/OpenAction <</S/J#61vaScrip#74/JS(x)>>"),
        "JavaScript",
    ),
    "launch.pdf": (PDF, pdf(b"/OpenAction << /S /Launch /F (cmd.exe) >>"), "Launch"),
    "embedded-file.pdf": (
        PDF,
        pdf(b"/Names << /EmbeddedFiles << /Names [] >> >>"),
        "EmbeddedFiles",
    ),
    "submit.pdf": (
        PDF,
        pdf(b"/OpenAction << /S /SubmitForm /F (https://x.example) >>"),
        "SubmitForm",
    ),
    "cut-off.pdf": (PDF, pdf()[:-20], "does not end"),
    "pdf-and-html.pdf": (PDF, pdf(head=PAGE), "HTML"),
    "pdf-then-html.pdf": (PDF, pdf() + PAGE, "does not end"),
    "html-then-pdf.pdf": (PDF, PAGE + pdf(), "does not begin"),
    "pdf-and-zip.pdf": (PDF, pdf() + archive(b"\nstartxref\n9\n%%EOF\n"), "ZIP"),
    "text.pdf": (PDF, b"Hej\n", "does not begin"),
    "gif.png": (PNG, gif(), "does not begin as a PNG"),
    "jpeg.png": (PNG, jpeg(), "does not begin as a PNG"),
    "cut-off.png": (PNG, png()[:-6], "cut off"),
    "wrong-checksum.png": (PNG, png()[:-1] + b"\x00", "checksum"),
    "huge-side.png": (PNG, png(width=4_000_000), "a side"),
    "huge-area.png": (PNG, png(width=15_000, height=15_000), "pixels"),
    "no-width.png": (PNG, png(width=0), "a side"),
    "wrong-depth.png": (PNG, png(depth=3), "header"),
    "png-and-html.png": (PNG, png(more=chunk(b"tEXt", b"Comment\x00" + PAGE)), "HTML"),
    "png-then-zip.png": (PNG, png() + archive(), "after the end"),
    "zip-inside.png": (PNG, png(more=chunk(b"zIPx", archive())), "ZIP"),
    "png.jpg": (JPEG, png(), "does not begin as a JPEG"),
    "cut-off.jpg": (JPEG, jpeg()[:-2], "cut off"),
    "jpeg-then-html.jpg": (JPEG, jpeg() + PAGE, "after the end"),
    "jpeg-and-html.jpg": (JPEG, jpeg(more=segment(0xFE, PAGE)), "HTML"),
    "no-pixels.jpg": (JPEG, b"\xff\xd8" + segment(0xFE, b"x") + b"\xff\xd9", "no pixels"),
    "huge-side.jpg": (JPEG, jpeg(width=65_535), "a side"),
    "jpeg-2000.jpg": (JPEG, JPX, "does not begin as a JPEG"),
    "script.svg": ("image/svg+xml", SVG, "allowed: "),
    "page.html": ("text/html", PAGE, "allowed: "),
    "archive.zip": ("application/zip", archive(), "allowed: "),
    "svg.txt": (TEXT, SVG, "begins with HTML"),
    "html.txt": (TEXT, b"\xef\xbb\xbf \n" + PAGE, "begins with HTML"),
    "latin-1.txt": (TEXT, "Åsa".encode("latin-1"), "not UTF-8 at byte 0"),
    "with-nul.txt": (TEXT, b"Hej\x00", "control"),
    "pdf.txt": (TEXT, pdf(head=b"% x"), "is a PDF"),
}
"""By name: the declared type, the bytes, and a part of the reason; "" where it is taken."""


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, (_, content, _) in FILES.items():
        (FOLDER / name).write_bytes(content)
    verdicts = {name: {"type": type_, "fault": why} for name, (type_, _, why) in FILES.items()}
    text = json.dumps(verdicts, ensure_ascii=False, indent=2) + "\n"
    (FOLDER / "verdicts.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
