"""A folder of this machine or of an S3 bucket, with the few operations that photos, results and manifests need.

What is written is whole or not there, in either place.
"""

import functools
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

from facedepth_pipeline.storage.whole_files import replace_file, replace_folder

S3 = "s3://"
PARTIALS = ".partial"  # folders that are being filled, in one place so that leftovers are found

Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")


@dataclass(frozen=True)
class StoredFile:
    """A file as a listing shows it, unopened.

    Attributes:
        name: Path below the folder that was listed.
        size_bytes: Size of the file.
        modified: A text that changes when the file does; what it looks like is the storage's business.
    """

    name: str
    size_bytes: int
    modified: str


class Storage(Protocol):
    """What both kinds can do; names are paths below it, with forward slashes. Errors are :class:`OSError`."""

    url: str

    def files(self) -> Iterator[StoredFile]:
        """Every file below, in order of names; nothing where there is no such folder.

        ``modified`` is the time in nanoseconds, or the bucket's ETag.
        """

    def matching(self, pattern: str) -> list[str]:
        """Names that match a pattern of ``*``, each of which stands for one part of the path, in order."""

    def read(self, name: str) -> bytes:
        """Content of a file; FileNotFoundError if there is none."""

    def write(self, name: str, content: bytes) -> None:
        """Write a file; it replaces one of that name."""

    def create(self, name: str, content: bytes) -> str | None:
        """Write a file that is not there yet; None if it is there, else something that is true."""

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""

    def folder(self, name: str, last: str) -> Any:
        """Context that gives an empty local folder to fill; it replaces the one of that name when all went well.

        Args:
            name: Of the folder.
            last: The file without which a folder counts as not there.
        """


def open_storage(url: str) -> Storage:
    """Storage at a path, or at ``s3://bucket/prefix``, with credentials and endpoint from ``AWS_…`` variables.

    Raises:
        ValueError: If it is another kind of address.
    """
    if url.startswith(S3):
        return BucketStorage(url)
    if "://" in url:
        raise ValueError(f"{url!r} is neither a path nor an address that begins with {S3}")
    return LocalStorage(Path(url))


class LocalStorage:
    """A folder of this machine, or one that is mounted."""

    def __init__(self, folder: Path) -> None:
        self.path = folder.absolute()  # workers have working directories of their own
        self.url = str(self.path)

    def files(self) -> Iterator[StoredFile]:  # noqa: D102  see Storage, here and below
        for path in sorted(self.path.rglob("*")):
            if path.is_file():
                about = path.stat()
                name = path.relative_to(self.path).as_posix()
                yield StoredFile(name, about.st_size, str(about.st_mtime_ns))

    def matching(self, pattern: str) -> list[str]:  # noqa: D102
        return sorted(path.relative_to(self.path).as_posix() for path in self.path.glob(pattern))

    def read(self, name: str) -> bytes:  # noqa: D102
        return (self.path / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:  # noqa: D102
        with replace_file(self.path / name) as partial:
            partial.write_bytes(content)

    def create(self, name: str, content: bytes) -> str | None:  # noqa: D102
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            partial.write_bytes(content)
            os.link(partial, path)  # unlike a renaming, it fails where there is one
        except FileExistsError:
            return None
        finally:
            partial.unlink(missing_ok=True)
        return str(path)

    def delete(self, name: str) -> None:  # noqa: D102
        (self.path / name).unlink(missing_ok=True)

    @contextmanager
    def folder(self, name: str, last: str) -> Iterator[Path]:  # noqa: D102
        with replace_folder(self.path / name, self.path / PARTIALS) as partial:
            yield partial

    def sweep(self) -> None:
        """Delete what writers that were killed have left; no other writer may be at work."""
        shutil.rmtree(self.path / PARTIALS, ignore_errors=True)


def _as_os_error(call: Callable[Arguments, Returned]) -> Callable[Arguments, Returned]:
    """A bucket that cannot be reached, or lets nobody in, as the kind of error that a disk gives."""

    @functools.wraps(call)
    def reporting(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Returned:
        from botocore.exceptions import BotoCoreError

        try:
            return call(*args, **kwargs)
        except BotoCoreError as error:
            raise OSError(f"{args[0].url}: {error}") from error  # type: ignore[attr-defined]
        except OSError as error:  # of the same kind, but s3fs does not say of which bucket
            raise type(error)(f"{args[0].url}: {error}") from error  # type: ignore[attr-defined]

    return reporting


class BucketStorage:
    """A prefix of an S3 bucket, or of a server that speaks like one (``AWS_ENDPOINT_URL``)."""

    def __init__(self, url: str) -> None:
        import s3fs

        self.url = url.rstrip("/")
        self.prefix = self.url.removeprefix(S3)
        # a listing is asked for anew each time: other jobs write to the same bucket
        self.fs = s3fs.S3FileSystem(use_listings_cache=False)

    @_as_os_error
    def _listed(self) -> list[dict[str, Any]]:
        try:
            found = self.fs.find(self.prefix, detail=True)
        except FileNotFoundError:
            return []
        return [found[key] for key in sorted(found)]

    def files(self) -> Iterator[StoredFile]:  # noqa: D102
        for about in self._listed():
            name = about["name"].removeprefix(self.prefix).lstrip("/")
            yield StoredFile(name, int(about["size"]), str(about.get("ETag", "")).strip('"'))

    @_as_os_error
    def matching(self, pattern: str) -> list[str]:  # noqa: D102
        return sorted(path.removeprefix(self.prefix).lstrip("/") for path in self.fs.glob(f"{self.prefix}/{pattern}"))

    @_as_os_error
    def read(self, name: str) -> bytes:  # noqa: D102
        content: bytes = self.fs.cat_file(f"{self.prefix}/{name}")
        return content

    @_as_os_error
    def write(self, name: str, content: bytes) -> None:  # noqa: D102
        self.fs.pipe_file(f"{self.prefix}/{name}", content)

    @_as_os_error
    def delete(self, name: str) -> None:  # noqa: D102
        self.fs.call_s3("delete_object", Bucket=self._bucket, Key=self._key(name))

    @contextmanager
    def folder(self, name: str, last: str) -> Iterator[Path]:
        """See :meth:`Storage.folder`; objects appear one by one, and ``last`` after all others."""
        with tempfile.TemporaryDirectory() as temporary:
            yield Path(temporary)
            self._upload(Path(temporary), name, last)

    @_as_os_error
    def _upload(self, folder: Path, name: str, last: str) -> None:
        self.delete(f"{name}/{last}")
        contents = {
            f"{self.prefix}/{name}/{path.relative_to(folder).as_posix()}": path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        record = contents.pop(f"{self.prefix}/{name}/{last}")
        if contents:
            self.fs.pipe(contents)  # side by side
        self.write(f"{name}/{last}", record)

    def create(self, name: str, content: bytes) -> str | None:
        """Write an object that is not there yet; its ETag, None if it is there."""
        return self._put(name, content, IfNoneMatch="*")

    def replace(self, name: str, content: bytes, etag: str) -> str | None:
        """Write an object if it still is the one of this ETag; the new ETag, None if it is another now."""
        return self._put(name, content, IfMatch=etag)

    @_as_os_error
    def etag(self, name: str) -> str | None:
        """ETag of an object, None if it is not there."""
        try:
            return str(self.fs.info(f"{self.prefix}/{name}", refresh=True)["ETag"])
        except FileNotFoundError:
            return None

    @_as_os_error
    def _put(self, name: str, content: bytes, **condition: str) -> str | None:
        try:
            answer = self.fs.call_s3("put_object", Bucket=self._bucket, Key=self._key(name), Body=content, **condition)
        except OSError as error:  # of the condition: s3fs has no type of its own for it
            if isinstance(error, FileExistsError | FileNotFoundError) or "pre-condition" in str(error).lower():
                return None
            raise
        return str(answer["ETag"])

    @property
    def _bucket(self) -> str:
        return self.prefix.partition("/")[0]

    def _key(self, name: str) -> str:
        return f"{self.prefix.partition('/')[2]}/{name}".lstrip("/")
