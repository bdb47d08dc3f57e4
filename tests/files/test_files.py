"""Opening what comes from outside, and writing so that nothing is lost."""

import os
import time
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evpilot.files import (
    EvpilotError,
    read_bytes,
    read_json,
    read_text,
    read_toml,
    read_xml,
    whole_folder,
    write_bytes,
    write_text,
)
from evpilot.files.numbers import to_float, to_int


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e299, max_value=1e299))
def test_numbers_read_back_exactly(value):
    assert to_float(repr(value)) == value


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_integers_read_back_exactly(value):
    assert to_int(str(value)) == value


ODD = ["", " ", "nan", "NaN", "inf", "-inf", "Infinity", "1e999", "1_0", "0x10", "\u0661", "\uff11", "1,5", "1.2.3"]
ODDER = ["--1", ".", "e5", "1e", "1e+", "+", "1 2", "\u00a012", "12\x00", "\x0b12", "1\n2", "1e400", "True"]
BAD_JSON = ["{", "[1,]", '{"a": NaN}', "Infinity", "-Infinity", '{"a": 1, "a": 2}', "1e999", "[" * 100_000]
WORSE_JSON = ['{"a":' * 5000, "9" * 5000, "'a'", "{a: 1}", "[1] [2]"]


@pytest.mark.parametrize("text", [*ODD, *ODDER])
def test_what_python_or_people_write_is_no_number(text):
    assert to_float(text) is None


@pytest.mark.parametrize("text", ["1.0", "1e3", "1_0", "\u0661", "", "0x1", "9" * 30])
def test_what_is_no_integer(text):
    assert to_int(text) is None


@pytest.mark.parametrize(("text", "value"), [("+5", 5.0), ("5.", 5.0), (".5", 0.5), (" \n12\t", 12.0), ("-0", 0.0)])
def test_plain_forms_are_numbers(text, value):
    assert to_float(text) == value


def test_bytes_are_capped(tmp_path):
    path = tmp_path / "big"
    path.write_bytes(b"x" * 101)
    assert read_bytes(path, 101) == b"x" * 101
    with pytest.raises(EvpilotError, match="101 bytes, allowed at most 100"):
        read_bytes(path, 100)


def test_pipe_is_refused_without_waiting(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes here")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(EvpilotError, match="device or pipe"):
        read_bytes(tmp_path / "pipe")


def test_path_with_nul_is_refused():
    with pytest.raises(EvpilotError, match="cannot be read"):
        read_bytes("a\0b")


@pytest.mark.parametrize(
    ("data", "message"), [(b"a\nb\n\xffc", "line 3: byte 0xff is not UTF-8"), (b"a\n\0", "line 2: holds a NUL")]
)
def test_text_names_the_bad_line(tmp_path, data, message):
    (tmp_path / "t").write_bytes(data)
    with pytest.raises(EvpilotError, match=message):
        read_text(tmp_path / "t")


def test_toml_and_json_read(tmp_path):
    (tmp_path / "a.toml").write_text('[car]\nmass = 1.5\nname = "[[["\n')
    (tmp_path / "a.json").write_text('{"a": [1, 2.5, "[[["], "b": null}')
    assert read_toml(tmp_path / "a.toml") == {"car": {"mass": 1.5, "name": "[[["}}
    assert read_json(tmp_path / "a.json") == {"a": [1, 2.5, "[[["], "b": None}


@pytest.mark.parametrize(
    "text",
    ["a = ", "a = 1\na = 2", "a = " + "[" * 5000, "= 1", "a = 2026-99-99", "[a]\n[a]", "a = 0x", "a = {b = " * 5000],
)
def test_bad_toml_is_refused(tmp_path, text):
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(EvpilotError, match=r"bad\.toml"):
        read_toml(tmp_path / "bad.toml")


BIG = 300_000
SLOW_TOML = {
    "a long dotted key": (".".join(["a"] * BIG) + " = 1", "dotted key"),
    "a long table name": ("[" + ".".join(["a"] * BIG) + "]", "dotted key"),
    "quoted parts": ("[" + " . ".join(['"a"'] * 1000) + "]", "dotted key"),
    "a string that never ends": ('a = "x\n' + '"\\' * BIG, "no TOML"),
    "a text that never ends": ('a = """' + '\\"' * BIG, "no TOML"),
}


@pytest.mark.parametrize(("text", "message"), SLOW_TOML.values(), ids=SLOW_TOML.keys())
def test_no_toml_takes_long(tmp_path, text, message):
    (tmp_path / "slow.toml").write_text(text)
    began = time.process_time()
    with pytest.raises(EvpilotError, match=message):
        read_toml(tmp_path / "slow.toml")
    assert time.process_time() - began < 2.0


def test_dots_that_part_no_key_are_none(tmp_path):
    numbers, text = ", ".join(["1.5"] * 100), "and so on." * 100
    (tmp_path / "a.toml").write_text(f'# {text}\na = [{numbers}]\nb = "{text}"\nc = \'{text}\'\nd = """\n{text}"""\n')
    assert read_toml(tmp_path / "a.toml") == {"a": [1.5] * 100, "b": text, "c": text, "d": text}


def test_a_key_given_twice_among_many_is_found_at_once(tmp_path):
    pairs = ", ".join(f'"k{number}": 1' for number in range(BIG))
    (tmp_path / "slow.json").write_text(f'{{{pairs}, "k{BIG - 1}": 2}}')
    began = time.process_time()
    with pytest.raises(EvpilotError, match=f"key 'k{BIG - 1}' appears twice"):
        read_json(tmp_path / "slow.json")
    assert time.process_time() - began < 5.0


@pytest.mark.parametrize("text", ["1" * BIG + "x", "1." + "1" * BIG + "x", " " * BIG + "x"])
def test_a_long_number_is_told_from_none_at_once(text):
    began = time.process_time()
    assert to_float(text) is None
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize("text", [*BAD_JSON, *WORSE_JSON])
def test_bad_json_is_refused(tmp_path, text):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(EvpilotError, match=r"bad\.json"):
        read_json(tmp_path / "bad.json")


def test_xml_error_names_line_and_trail(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text('<a>\n <b id="7">\n  <c>x</c>\n </b>\n</a>')
    document = read_xml(path)
    inner = document.root[0][0]
    with pytest.raises(EvpilotError, match=r"a.xml: line 3: <a><b id=7><c>: 'x' is not a plain number"):
        document.number(inner, 0.0, 1.0)
    assert document.error(Element("stranger"), "odd").place is None


def test_xml_bad_values_are_shortened(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text(f"<a>{'z' * 100_000}</a>")
    document = read_xml(path)
    with pytest.raises(EvpilotError) as caught:
        document.integer(document.root, 0, 1)
    assert len(str(caught.value)) < 300


def test_written_file_is_whole_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "deep" / "file.txt"
    write_text(path, "one")
    write_bytes(path, b"two")
    assert path.read_text() == "two"
    assert [one.name for one in path.parent.iterdir()] == ["file.txt"]


def test_file_that_cannot_be_written_is_one_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(EvpilotError, match="cannot be written"):
        write_text(tmp_path / "file" / "below", "y")
    (tmp_path / "folder").mkdir()
    with pytest.raises(EvpilotError, match="cannot be written"):
        write_text(tmp_path / "folder", "y")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "folder"]


def test_folder_appears_only_when_complete(tmp_path):
    target = tmp_path / "run"
    with whole_folder(target) as folder:
        (folder / "a").write_text("1")
        assert not target.exists()
    assert (target / "a").read_text() == "1"
    assert [one.name for one in tmp_path.iterdir()] == ["run"]


def test_failed_folder_leaves_the_old_one(tmp_path):
    target = tmp_path / "run"
    with whole_folder(target) as folder:
        (folder / "a").write_text("old")
    with pytest.raises(RuntimeError), whole_folder(target) as folder:
        (folder / "a").write_text("new")
        raise RuntimeError
    assert (target / "a").read_text() == "old"
    with whole_folder(target) as folder:
        (folder / "b").write_text("newer")
    assert [one.name for one in target.iterdir()] == ["b"]
    assert [one.name for one in tmp_path.iterdir()] == ["run"]
