import os
import stat

import pytest

from facedepth_pipeline.ui.preferences import FILE_NAME, RECENT_PHOTOS, Preferences, PreferenceStore


@pytest.fixture
def store(tmp_path) -> PreferenceStore:
    return PreferenceStore(tmp_path / "choices")


def test_what_was_chosen_is_there_the_next_time(store):
    chosen = Preferences(size=(900, 700), theme="light", text_size=1.25, model="champion", mesher="poisson",
                         save_format="stl", recent=("/a.jpg",))  # fmt: skip
    store.save(chosen)
    assert store.load() == chosen


def test_at_first_there_are_defaults(store):
    assert store.load() == Preferences()
    assert not store.folder.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"size": [0, 10]}', b'{"theme": "pink"}', b"\xff\xfe"])
def test_a_damaged_file_is_as_none(store, content):
    store.folder.mkdir()
    (store.folder / FILE_NAME).write_bytes(content)
    assert store.load() == Preferences()


def test_choices_of_a_later_version_do_not_hurt(store):
    store.folder.mkdir()
    (store.folder / FILE_NAME).write_bytes(b'{"theme": "light", "hologram": true}')
    assert store.load() == Preferences(theme="light")


def test_the_last_photo_comes_first_and_old_thumbnails_go(store):
    preferences = Preferences()
    photos = [f"/photos/{number}.jpg" for number in range(RECENT_PHOTOS + 1)]
    for photo in photos:
        preferences = preferences.after(photo)
        store.save(preferences, {photo: photo.encode()})
    preferences = preferences.after(photos[3])
    store.save(preferences, {photos[3]: b"again"})
    assert preferences.recent[:2] == (photos[3], photos[-1])
    assert len(preferences.recent) == RECENT_PHOTOS
    assert store.load() == preferences
    assert not store.thumbnail(photos[0]).exists()
    assert store.thumbnail(photos[3]).read_bytes() == b"again"
    assert len(list(store.folder.glob("*.png"))) == RECENT_PHOTOS


def test_forgotten_photos_leave_nothing(store):
    store.save(Preferences().after("/photos/me.jpg"), {"/photos/me.jpg": b"png"})
    store.save(Preferences())
    assert [path.name for path in store.folder.iterdir()] == [FILE_NAME]


@pytest.mark.skipif(os.name != "posix", reason="skipped, because Windows has other permissions")
def test_only_the_owner_may_look_at_thumbnails(store):
    store.save(Preferences())
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


def test_the_environment_says_where(monkeypatch, tmp_path):
    monkeypatch.setenv("FACEDEPTH_HOME", str(tmp_path / "elsewhere"))
    assert PreferenceStore().folder == tmp_path / "elsewhere"
