"""Opening what comes from outside, and writing so that nothing is lost."""

from evpilot.files.errors import EvpilotError
from evpilot.files.markup import Document, read_xml
from evpilot.files.opening import read_bytes, read_text
from evpilot.files.settings import read_json, read_toml
from evpilot.files.writing import whole_folder, write_bytes, write_text

__all__ = [
    "Document",
    "EvpilotError",
    "read_bytes",
    "read_json",
    "read_text",
    "read_toml",
    "read_xml",
    "whole_folder",
    "write_bytes",
    "write_text",
]
