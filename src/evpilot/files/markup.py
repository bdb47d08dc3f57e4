"""XML from outside: a tree that is bounded before it is built, and errors that name line and element."""

import hashlib
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, XMLParser
from xml.parsers import expat

from evpilot.files.errors import EvpilotError
from evpilot.files.numbers import to_float, to_int
from evpilot.files.opening import BYTES_MAX, read_bytes

ELEMENTS_MAX = 1_500_000
DEPTH_MAX = 100
ENCODINGS = {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "latin1"}
DECLARATION_MAX = 200  # [bytes]
ENCODING = re.compile(rb"\bencoding\s*=\s*[\"']([^\"']*)[\"']")
CHUNK = 64 * 1024  # [bytes]
SHOWN = 40  # characters of a bad value that an error repeats


def shown(value: str) -> str:
    """A value as an error repeats it: quoted, printable, short."""
    return ascii(value if len(value) <= SHOWN else value[:SHOWN] + "...")


class Document:
    """A parsed XML file. Its methods read an element's parts and raise one EvpilotError that names file, line, element,
    what was found and what is allowed."""

    def __init__(self, path: Path, data: bytes, root: Element) -> None:
        self.path = path
        self.root = root
        self.sha256 = hashlib.sha256(data).hexdigest()
        self._data = data

    def error(self, element: Element, message: str) -> EvpilotError:
        """The error to raise for an element."""
        for number, (one, trail) in enumerate(_walk(self.root)):
            if one is element:
                return EvpilotError(message, file=self.path, place=f"line {_line(self._data, number)}: {trail}")
        return EvpilotError(message, file=self.path)

    def child(self, element: Element, tag: str) -> Element:
        """The first child with a tag; an error when there is none."""
        found = element.find(tag)
        if found is None:
            raise self.error(element, f"has no <{tag}>, which is required")
        return found

    def only(self, element: Element, tag: str) -> Element:
        """The one child with a tag; an error when there is none or a second."""
        found = element.findall(tag)
        if len(found) > 1:
            raise self.error(found[1], f"a second <{tag}>, allowed is one")
        return found[0] if found else self.child(element, tag)

    def text(self, element: Element) -> str:
        """The text of an element without white space around it; an error when there is none."""
        text = (element.text or "").strip()
        if not text:
            raise self.error(element, "is empty, must hold text")
        return text

    def number(self, element: Element, low: float, high: float, unit: str = "") -> float:
        """The number that an element holds, within low..high."""
        value = to_float(element.text or "")
        if value is None:
            raise self.error(element, f"{shown(element.text or '')} is not a plain number")
        if not low <= value <= high:
            raise self.error(element, f"{value:g} {unit}, allowed {low:g} to {high:g} {unit}")
        return value

    def integer(self, element: Element, low: int, high: int, unit: str = "") -> int:
        """The integer that an element holds, within low..high."""
        value = to_int(element.text or "")
        if value is None:
            raise self.error(element, f"{shown(element.text or '')} is not an integer")
        if not low <= value <= high:
            raise self.error(element, f"{value} {unit}, allowed {low} to {high} {unit}")
        return value

    def attribute(self, element: Element, name: str) -> str:
        """An attribute; an error when it is missing."""
        value = element.get(name)
        if value is None:
            raise self.error(element, f'has no attribute "{name}", which is required')
        return value

    def identity(self, element: Element, name: str = "id") -> int:
        """An attribute that holds an integer id."""
        text = self.attribute(element, name)
        value = to_int(text)
        if value is None:
            raise self.error(element, f"{name} {shown(text)} is not an integer")
        return value

    def choice(self, element: Element, allowed: Collection[str]) -> str:
        """The text of an element, one of those allowed."""
        text = self.text(element)
        if text not in allowed:
            raise self.error(element, f"{shown(text)}, allowed {', '.join(sorted(allowed))}")
        return text


def _walk(root: Element) -> Iterator[tuple[Element, str]]:
    """All elements in document order with their trail of tags and ids."""
    stack: list[tuple[Element, str]] = [(root, f"<{root.tag[:SHOWN]}>")]
    while stack:
        element, trail = stack.pop()
        yield element, trail
        inner = [(child, f"{trail}<{child.tag[:SHOWN]}{_named(child)}>") for child in element]
        stack.extend(reversed(inner))


def _named(element: Element) -> str:
    name = element.get("id")
    return "" if name is None else f" id={name[:SHOWN]}"


def _line(data: bytes, number: int) -> int:
    """The line at which the element of a number in document order starts."""
    parser = expat.ParserCreate()
    lines: list[int] = []

    def start(_tag: str, _attributes: dict[str, str]) -> None:
        lines.append(parser.CurrentLineNumber)

    parser.StartElementHandler = start
    for at in range(0, len(data), CHUNK):
        parser.Parse(data[at : at + CHUNK], False)
        if len(lines) > number:
            break
    return lines[number]


def _refuse_dangerous(path: Path, data: bytes) -> None:
    """What is refused before any parser sees it."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<", b"\0\0"):
        raise EvpilotError("is UTF-16 or UTF-32, allowed are UTF-8, ASCII and Latin-1", file=path, place="line 1")
    for mark, what in ((b"\0", "a NUL byte"), (b"<!DOCTYPE", "a DOCTYPE"), (b"<!ENTITY", "an ENTITY declaration")):
        at = data.find(mark)
        if at >= 0:
            line = data.count(b"\n", 0, at) + 1
            raise EvpilotError(f"holds {what}, which is never allowed", file=path, place=f"line {line}")
    head = data[: DECLARATION_MAX + 5].removeprefix(b"\xef\xbb\xbf").lstrip()
    end = head.find(b"?>")
    if head.startswith(b"<?xml") and end < 0:
        raise EvpilotError(f"an XML declaration of over {DECLARATION_MAX} bytes", file=path, place="line 1")
    declared = ENCODING.search(head[:end]) if head.startswith(b"<?xml") else None
    if declared is not None:
        name = declared.group(1).decode("latin-1")
        if name.lower() not in ENCODINGS:
            raise EvpilotError(
                f"encoding {shown(name)}, allowed are UTF-8, ASCII and ISO-8859-1", file=path, place="line 1"
            )
    count = data.count(b"<") - data.count(b"</")
    if count > ELEMENTS_MAX:
        raise EvpilotError(f"about {count} elements, allowed at most {ELEMENTS_MAX}", file=path)


def read_xml(path: str | Path, limit: int = BYTES_MAX) -> Document:
    """Parse an XML file of at most `limit` bytes, ELEMENTS_MAX elements and DEPTH_MAX levels.

    Raises EvpilotError, with the line, on anything that is no well-formed XML in UTF-8, ASCII or Latin-1, and on any
    DOCTYPE: entities, external or internal, are never expanded.
    """
    path = Path(path)
    data = read_bytes(path, limit)
    return parse_xml(path, data)


def parse_xml(path: Path, data: bytes) -> Document:
    """As `read_xml`, of bytes that were read before; path is for errors only."""
    _refuse_dangerous(path, data)
    parser = XMLParser()
    try:
        parser.feed(data)
        root = parser.close()
    except ParseError as error:
        line, column = error.position
        reason = expat.ErrorString(error.code) or "not well-formed"
        raise EvpilotError(
            f"is no well-formed XML: {reason}", file=path, place=f"line {line}, column {column + 1}"
        ) from None
    except (LookupError, ValueError) as error:
        raise EvpilotError(f"is no well-formed XML: {error}", file=path) from None
    level = [root]
    for _ in range(DEPTH_MAX):
        level = [child for element in level for child in element]
        if not level:
            return Document(path, data, root)
    raise EvpilotError(f"elements nested deeper than {DEPTH_MAX} levels", file=path)
