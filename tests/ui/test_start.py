import os
import stat
import subprocess
import sys

import pytest
from click.testing import CliRunner

from facedepth_pipeline import command_line
from facedepth_pipeline.ui.start import ENVIRONMENT, display_scale


@pytest.fixture(autouse=True)
def no_desktop(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "GDK_SCALE", "QT_SCALE_FACTOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)  # and forgotten afterwards


@pytest.mark.skipif(sys.platform != "linux", reason="skipped, because only X11 and Wayland name their display")
def test_without_a_display_there_is_a_sentence():
    run = CliRunner().invoke(command_line.main, ["ui"])
    assert run.exit_code == command_line.NO_WINDOW
    assert "neither DISPLAY nor WAYLAND_DISPLAY is set" in run.output
    assert "facedepth reconstruct" in run.output


@pytest.mark.skipif(sys.platform != "linux", reason="skipped, because only X11 and Wayland name their display")
def test_a_display_that_is_not_there_is_a_sentence():
    command = [sys.executable, "-c", "from facedepth_pipeline.command_line import main; main()", "ui"]
    environment = os.environ | {"DISPLAY": ":4077"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == command_line.NO_WINDOW
    assert "No window with OpenGL could be opened" in run.stderr
    assert "Traceback" not in run.stderr


def test_without_kivy_there_is_a_sentence(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setitem(sys.modules, "kivy.config", None)
    run = CliRunner().invoke(command_line.main, ["ui"])
    assert run.exit_code == command_line.NO_WINDOW
    assert "facedepth_pipeline[ui]" in run.output


@pytest.mark.skipif(sys.platform != "linux", reason="skipped, because elsewhere SDL knows the scale")
@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("GDK_SCALE", "2", 2), ("QT_SCALE_FACTOR", "1.5", 1.5), ("GDK_SCALE", "100", 4), ("GDK_SCALE", "much", 1)],
)
def test_the_display_may_want_things_larger(monkeypatch, name, value, expected):
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", "")
    assert display_scale() == expected


@pytest.mark.skipif(sys.platform != "linux", reason="skipped, because elsewhere SDL knows the scale")
@pytest.mark.parametrize(("answer", "expected"), [("Xft.dpi:\\t192", 2), ("Xft.dpi: a lot", 1), ("*.font: fixed", 1)])
def test_x11_says_it_in_dots_an_inch(monkeypatch, tmp_path, answer, expected):
    program = tmp_path / "xrdb"
    program.write_text(f"#!/bin/sh\nprintf '*customization: -color\\n{answer}\\n'\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    assert display_scale() == expected
