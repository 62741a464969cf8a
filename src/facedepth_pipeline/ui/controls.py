"""Buttons and choices that the keyboard reaches, and that show when it has."""

from typing import Any

from kivy.core.window import Window
from kivy.factory import Factory
from kivy.properties import BooleanProperty, ListProperty, NumericProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior, FocusBehavior
from kivy.uix.dropdown import DropDown
from kivy.uix.label import Label

PRESSING_KEYS = ("enter", "numpadenter", "spacebar")


class Pressable(FocusBehavior, ButtonBehavior):
    """What can be pressed, by Enter and Space too."""

    def keyboard_on_key_down(self, window: Any, keycode: tuple[int, str], text: str, modifiers: list[str]) -> bool:
        """Press it."""
        if keycode[1] in PRESSING_KEYS and not self.disabled:
            self.dispatch("on_press")
            self.dispatch("on_release")
            return True
        handled: bool = super().keyboard_on_key_down(window, keycode, text, modifiers)
        return handled


class PressButton(Pressable, Label):
    """A button.

    Attributes:
        main: Whether it is what most people want next.
        chosen: Whether it is the one in effect among several.
    """

    main = BooleanProperty(False)
    chosen = BooleanProperty(False)


class Choice(PressButton):
    """One of several, from a list that opens below; the arrow keys walk through it, opened or not.

    Attributes:
        options: Words to choose from.
        value: The one in effect; event ``on_choose`` comes with each that a person chooses.
        before: Words before it.
        least_width: Of the button.
    """

    __events__ = ("on_choose",)

    options = ListProperty()
    value = StringProperty("")
    before = StringProperty("")
    least_width = NumericProperty(0)

    def on_release(self) -> None:
        """Open the list, or close it."""
        if close_lists():
            return
        options = DropDown(auto_width=False)
        for option in self.options:
            row = Factory.ChoiceRow(text=option, chosen=option == self.value)
            row.bind(on_release=lambda row: options.select(row.text))
            options.add_widget(row)
        options.bind(on_select=lambda _, option: self.dispatch("on_choose", option))
        options.width = max(self.width, max((row.texture_size[0] for row in options.container.children), default=0))
        options.open(self)

    def keyboard_on_key_down(self, window: Any, keycode: tuple[int, str], text: str, modifiers: list[str]) -> bool:
        """Walk through the options."""
        steps = {"up": -1, "down": 1}
        if keycode[1] in steps and self.value in self.options:
            close_lists()
            at = self.options.index(self.value) + steps[keycode[1]]
            if 0 <= at < len(self.options):
                self.dispatch("on_choose", self.options[at])
            return True
        return super().keyboard_on_key_down(window, keycode, text, modifiers)

    def on_choose(self, option: str) -> None:
        """A person chose."""


def close_lists() -> bool:
    """Close the lists of choices that are open; whether there was one."""
    lists = [child for child in Window.children if isinstance(child, DropDown)]
    for one in lists:
        one.dismiss()
    return bool(lists)
