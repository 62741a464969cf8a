import os
import pickle
import threading

import pytest
import s3fs

from facedepth_pipeline.datasets.photos import PhotosDataset
from facedepth_pipeline.photo.folder import PhotoFolder
from facedepth_pipeline.storage.storage import PARTIALS, LocalStorage, open_storage
from facedepth_pipeline.storage.whole_files import replace_folder


def test_what_was_written_is_read_listed_matched_and_deleted(storage):
    assert list(storage.files()) == []
    storage.write("a/b.txt", b"12345")
    storage.write("a/c/d.txt", b"1")
    storage.write("a/b.txt", b"123")
    assert storage.read("a/b.txt") == b"123"
    assert [(file.name, file.size_bytes) for file in storage.files()] == [("a/b.txt", 3), ("a/c/d.txt", 1)]
    assert storage.matching("a/*.txt") == ["a/b.txt"]
    assert storage.matching("*/*/d.txt") == ["a/c/d.txt"]
    assert storage.matching("nowhere/*") == []
    storage.delete("a/b.txt")
    storage.delete("a/b.txt")
    with pytest.raises(FileNotFoundError):
        storage.read("a/b.txt")


def test_a_file_that_changes_is_listed_as_changed(storage):
    storage.write("a", b"1")
    (before,) = storage.files()
    storage.write("a", b"2")
    (after,) = storage.files()
    assert before.size_bytes == after.size_bytes
    assert before.modified != after.modified
    assert [after] == list(storage.files())


def test_of_several_that_create_a_file_one_succeeds(storage):
    made: list[str | None] = []
    threads = [
        threading.Thread(target=lambda n=n: made.append(storage.create("run", str(n).encode()))) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(bool(answer) for answer in made) == 1
    assert len(list(storage.files())) == 1


def test_a_folder_appears_whole_or_not_at_all(storage):
    with pytest.raises(RuntimeError), storage.folder("result", "last.json") as folder:
        (folder / "mesh.glb").write_bytes(b"half")
        raise RuntimeError
    assert list(storage.files()) == []
    for content in (b"one", b"two"):
        with storage.folder("result", "last.json") as folder:
            (folder / "face_2").mkdir()
            (folder / "face_2" / "mesh.glb").write_bytes(content)
            (folder / "last.json").write_bytes(content)
        assert storage.read("result/face_2/mesh.glb") == content
        assert storage.read("result/last.json") == content


def test_in_a_bucket_the_last_file_is_the_last_to_come_and_the_first_to_go(bucket, monkeypatch):
    storage = open_storage(bucket)
    storage.write("result/last.json", b"old")
    written = []
    monkeypatch.setattr(
        storage.fs, "pipe", lambda contents: written.append((set(contents), storage.matching("*/last*")))
    )
    with storage.folder("result", "last.json") as folder:
        (folder / "mesh.glb").write_bytes(b"mesh")
        (folder / "last.json").write_bytes(b"new")
    assert written == [({f"{storage.prefix}/result/mesh.glb"}, [])]
    assert storage.read("result/last.json") == b"new"


def test_two_writers_of_one_folder_leave_a_whole_one(tmp_path):
    problems = []

    def write(content: bytes) -> None:
        try:
            for _ in range(30):
                with replace_folder(tmp_path / "result") as folder:
                    for name in "ab":
                        (folder / name).write_bytes(content)
        except OSError as error:
            problems.append(error)

    threads = [threading.Thread(target=write, args=(content,)) for content in (b"1", b"2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert (tmp_path / "result" / "a").read_bytes() == (tmp_path / "result" / "b").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["result"]


def test_leftovers_of_killed_writers_are_swept(tmp_path):
    storage = LocalStorage(tmp_path)
    with storage.folder("result", "last"):
        assert len(list((tmp_path / PARTIALS).iterdir())) == 1
    (tmp_path / PARTIALS / ".left.over").mkdir()
    storage.sweep()
    assert [path.name for path in tmp_path.iterdir()] == ["result"]


def test_a_storage_that_cannot_be_used_says_so(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="neither a path nor an address"):
        open_storage("ftp://host/photos")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    s3fs.S3FileSystem.clear_instance_cache()  # it has met another server
    with pytest.raises(OSError, match=r"s3://nobody/here.*127\.0\.0\.1:9"):
        open_storage("s3://nobody/here").write("a", b"1")
    s3fs.S3FileSystem.clear_instance_cache()


def test_a_bucket_that_is_not_there_is_named(s3_server):
    with pytest.raises(FileNotFoundError, match=r"s3://nobody/here.*does not exist"):
        open_storage("s3://nobody/here").write("a", b"1")


def test_photos_are_listed_by_suffix_and_travel_without_their_list(storage):
    for name in ("b.JPG", "deep/er/a.png", ".hidden.png", "notes.txt", "no_suffix"):
        storage.write(name, name.encode())
    photos = PhotosDataset(filepath=storage.url).load()
    assert photos.names == ["b.JPG", "deep/er/a.png"]
    assert dict(photos)["deep/er/a.png"] == b"deep/er/a.png"
    travelled = pickle.loads(pickle.dumps(photos))
    assert isinstance(travelled, PhotoFolder)
    assert "files" not in vars(travelled)
    assert travelled.read("b.JPG") == b"b.JPG"


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX modes")
def test_a_folder_on_a_relative_path_is_found_from_another_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    storage = open_storage("store")
    storage.write("a", b"1")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert open_storage(storage.url).read("a") == b"1"
