"""A report page is well-formed XML that needs no network and no script, with accessible charts inside the drawing."""
import os
import pathlib
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    program = pathlib.Path(os.environ["LMKOR_BIN"]) / "report_test"
    subprocess.run([program, "--gtest_filter=Report.HoldsEveryElement"], check=True, stdout=subprocess.DEVNULL,
                   env=os.environ | {"LMKOR_REPORT_OUT": str(path)})
    return path.read_text(encoding="utf-8")


def test_is_well_formed(page):
    root = ElementTree.fromstring(page)
    assert root.get("lang") == "en"
    assert root.find("head/title").text == "Pretraining: ELECTRA"
    texts = "".join(root.itertext())
    assert "<<<>>> & \"'" in texts  # escaped once, not twice
    assert "\ufffd" in texts  # a broken byte and a control character


def test_needs_nothing_from_outside(page):
    assert "<script" not in page and "@import" not in page and "url(" not in page
    for address in re.findall(r"https?://[^\"' <]+", page):
        assert address in ("http://www.w3.org/2000/svg", "http://example.com")
    assert "src=" not in page


def test_charts_are_named_and_stay_inside(page):
    charts = list(ElementTree.fromstring(page).iter(SVG + "svg"))
    assert len(charts) == 6
    for chart in charts:
        assert chart.get("role") == "img" and len(chart.get("aria-label")) > 10
        _, _, width, height = (float(part) for part in chart.get("viewBox").split())
        assert any(True for _ in chart.iter(SVG + "title")), "no tooltip"
        for node in chart.iter():
            for key, limit in (("x", width), ("cx", width), ("y", height), ("cy", height)):
                if node.get(key) is not None:
                    assert -0.05 <= float(node.get(key)) <= limit + 0.05, ElementTree.tostring(node)
            if node.tag == SVG + "rect":
                assert float(node.get("width")) >= 0 and float(node.get("height")) >= 0
                assert float(node.get("y")) + float(node.get("height")) <= height + 0.05
            if node.tag == SVG + "path":
                assert re.fullmatch(r"[ML\d. -]+", node.get("d"))


def test_reads_in_light_and_dark(page):
    assert "prefers-color-scheme: dark" in page and "@media print" in page
    screen = page.split("@media print")[0].split("prefers-color-scheme")
    light, dark = (dict(re.findall(r"(--s\d): (#[0-9a-f]{6})", part)) for part in screen)

    def luminance(colour):
        shares = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for palette, ground in ((light, "#ffffff"), (dark, "#1c2025")):
        assert len(palette) == 8
        for colour in palette.values():
            low, high = sorted((luminance(colour), luminance(ground)))
            assert (high + 0.05) / (low + 0.05) >= 3, colour  # WCAG 1.4.11, graphics
