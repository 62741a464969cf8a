import pytest

from facedepth_pipeline.ui.themes import THEMES, contrast

READABLE, VISIBLE = 4.5, 3.0  # WCAG 2.2: 1.4.3 for words, 1.4.11 for what is not


def test_contrast_is_that_of_the_standard():
    white, black, grey = (1, 1, 1, 1), (0, 0, 0, 1), (0x77 / 255,) * 3 + (1,)
    assert contrast(white, black) == pytest.approx(21)
    assert contrast(grey, white) == pytest.approx(4.48, abs=0.005)  # the well-known grey that just fails


@pytest.mark.parametrize("name", THEMES)
def test_words_can_be_read_on_everything_they_stand_on(name):
    theme = THEMES[name]
    for ground in (theme.background, theme.panel, theme.field, theme.pressed):
        assert contrast(theme.text, ground) >= READABLE
    for ground in (theme.background, theme.panel, theme.field):
        assert contrast(theme.muted, ground) >= READABLE
    assert contrast(theme.alert, theme.panel) >= READABLE
    assert contrast(theme.accent_text, theme.accent) >= READABLE


@pytest.mark.parametrize("name", THEMES)
def test_what_has_the_focus_can_be_told(name):
    theme = THEMES[name]
    for ground in (theme.background, theme.panel, theme.field):
        assert contrast(theme.accent, ground) >= VISIBLE
