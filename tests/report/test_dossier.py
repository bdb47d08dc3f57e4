"""The dossier of a suite opens without a complaint, asks nothing of the network, leads with the failure, and says what
it does not show."""

import csv
import importlib.util
import re
from pathlib import Path

import pytest

from evpilot.files import EvpilotError
from evpilot.regulations import Axis, Group
from evpilot.report.dossier import maps
from evpilot.sweep.settings import Settings
from evpilot.sweep.suites import run_suite

MADE = f"{Path(__file__).resolve().parents[1] / 'sweep' / 'made_suite.py'}:SUITE"
SECTIONS = (
    "verdicts", "failures", "coverage", "reference", "trace", "gaps", "domain", "hazards", "faults", "rules",
    "monitoring", "track", "credibility", "case", "limits",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    from evpilot.report.dossier import write

    folder = tmp_path_factory.mktemp("dossier")
    run_suite(MADE, Settings(pilot="idm"), out=folder / "results")
    pdf = importlib.util.find_spec("typst") is not None
    write([folder / "results"], folder / "site", replays=2, sample=1, pdf=pdf)
    return folder / "site"


@pytest.mark.slow
def test_it_opens_without_complaint_and_asks_nothing_of_the_network(site, browser):
    for name, dark in (("index.html", False), ("index.html", True), ("coverage.html", False)):
        page = browser.open(site / name, dark=dark)
        assert page.state()["theme"] == ("dark" if dark else "light")
        assert page.complaints() == []
        inside = site.resolve().as_uri()
        assert all(url.startswith((inside, "data:")) for url in page.requests())
        page.close()
    assert (site / "index.html").stat().st_size < 5_000_000


@pytest.mark.slow
def test_every_group_of_the_coverage_shows_a_map(site):
    text = (site / "index.html").read_text()
    shown = text[text.index('id="coverage"') : text.index('id="reference"')]
    titles = re.findall(r"<h3>", shown)
    assert titles
    assert len(re.findall(r'<div class="split"><div>\s*<figure><svg', shown)) == len(titles)


@pytest.mark.slow
def test_the_failure_leads_and_can_be_replayed(site):
    text = (site / "index.html").read_text()
    assert re.search(r"<h1><em>1 preventable contact</em> in 6 cases of A made suite</h1>", text)
    assert "not an approval" in text and "Simulated, object level, pilot idm version" in text
    for link in re.findall(r'(?:href|src)="(failures/[^"#]*)', text):
        assert (site / link).is_file(), link
    assert text.index('id="failures"') < text.index('id="coverage"') < text.index('id="limits"')
    assert "evpilot suite replay" in text and "go/ego_kmh=40,gap_m=10" in text
    with (site / "failures.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["key"] for row in rows] == ["go/ego_kmh=40,gap_m=10", "go/ego_kmh=20,gap_m=10"]
    assert all(len(row["runlog_sha256"]) == 64 for row in rows)


@pytest.mark.slow
def test_every_section_is_there_gaps_by_name_and_text_from_outside_is_text(site):
    text = (site / "index.html").read_text()
    for section in SECTIONS:
        assert f'id="{section}"' in text and f'href="#{section}"' in text
    for gap in ("UN R171", "UN R155", "UN R156", "Event recording", "Track correlation", "M 3"):
        assert gap in text
    assert "Safe distances (RSS)" in text
    assert "figures unconfirmed" in text and "to be added by a person" in text
    assert "<script>alert" not in text and "&lt;script&gt;alert" in text


@pytest.mark.slow
def test_a_folder_that_is_no_dossier_is_not_replaced(tmp_path):
    from evpilot.report.dossier import write

    (tmp_path / "thesis").mkdir()
    with pytest.raises(EvpilotError, match="is no dossier"):
        write([tmp_path], tmp_path / "thesis")
    with pytest.raises(EvpilotError, match="no finished results"):
        write([tmp_path], tmp_path / "new")


@pytest.mark.slow
def test_the_pdf_is_set_where_typst_is_installed(site):
    pytest.importorskip("typst", reason='needs typst: pip install "evpilot[pdf]"')
    assert (site / "dossier.pdf").read_bytes().startswith(b"%PDF")


GROUP = Group(
    key="g", title="G", clauses=("1",), references=("careful",), map_axes=("gap_m", "kmh"),
    axes=(
        Axis(name="kmh", meaning="speed", values=(10.0, 20.0)),
        Axis(name="gap_m", meaning="gap", values=(1.0, 2.0, 3.0)),
        Axis(name="seed", meaning="seed", values=(0.0, 1.0)),
    ),
)  # fmt: skip


def cell(kmh, gap, seed=0.0, **changes):
    plain = {"key": f"{kmh}-{gap}-{seed}", "kmh": kmh, "gap_m": gap, "seed": seed, "error": "", "verdict": "pass"}
    return plain | {"contact": False, "preventable": "", "hardest_braking": 0.0, "ref_careful": gap < 1.5} | changes


def test_the_reference_drivers_boundary_lies_between_its_contact_and_its_avoidance():
    rows = [cell(kmh, gap) for kmh in (10.0, 20.0) for gap in (1.0, 2.0, 3.0)]
    svg = maps.picture(GROUP, rows)
    (edge,) = re.findall(r'<path d="([^"]*)" class="edge"', svg)
    between = maps.LEFT + (maps.WIDTH - maps.LEFT - 10) / 3
    assert [float(x) for x in re.findall(r"M([\d.]+) ", edge)] == pytest.approx([between, between], abs=0.1)
    assert "cross" not in svg


def test_the_worst_of_all_slices_is_shown_and_a_failure_carries_a_cross():
    rows = [cell(10.0, 2.0), cell(10.0, 2.0, 1.0, verdict="fail", contact=True, preventable="careful")]
    found = maps.worst(GROUP, rows)
    assert found[2.0, 10.0]["seed"] == 1.0
    svg = maps.picture(GROUP, list(found.values()), references=False)
    assert 'class="cross"' in svg and 'class="edge"' not in svg
    assert len(maps.slices(GROUP, rows)) == 2
