import pandas as pd

from facedepth_pipeline.jobs.manifest import as_table, compacted, known_files, newest_results


def row(name: str, at: int, **values) -> dict:
    """A row of a file that is done, by model and parameters "new"."""
    return {
        "photo_id": f"id of {name}", "result_key": "new", "file_name": name, "size_bytes": 5, "modified": "1",
        "finished_at": f"2026-11-23T00:00:{at:02d}.000+00:00", "face": 1, "status": "done",
        "job_id": f"job {at}", **values,
    }  # fmt: skip


def aside(name: str, at: int, code: str = "timed_out") -> dict:
    return row(name, at, photo_id=None, status="rejected", reason_code=code)


def test_the_newest_rows_of_a_file_are_kept_with_all_their_faces():
    old = as_table([row("a", 1, face=1), row("a", 1, face=2), row("b", 1), row("b", 1, result_key="old")])
    new = as_table([row("a", 2, face=1), row("b", 1)])  # a was done again, of b the same row comes twice
    table = compacted([old, new])
    rows = table[["file_name", "result_key", "face", "job_id"]].to_numpy().tolist()
    assert sorted(rows) == [["a", "new", 1, "job 2"], ["b", "new", 1, "job 1"], ["b", "old", 1, "job 1"]]
    assert rows[-1][0] == "a"  # the newest comes last


def test_a_file_with_new_content_keeps_the_row_of_the_old_one():
    table = compacted([as_table([row("a", 1), row("a", 2, photo_id="another", modified="2")])])
    assert table["photo_id"].tolist() == ["id of a", "another"]


def test_that_a_photo_was_set_aside_is_forgotten_when_it_is_done():
    assert compacted([as_table([aside("a", 1), aside("b", 1)]), as_table([row("a", 2)])])["status"].tolist() == [
        "rejected", "done",
    ]  # fmt: skip
    assert len(compacted([as_table([aside("a", 1)]), as_table([aside("a", 2)])])) == 1


def test_known_files_are_those_of_this_model_whose_content_has_not_changed():
    rows = [row("a", 1), row("b", 1, result_key="old"), aside("c", 1), aside("d", 1, "unreadable")]
    rows.append(row("e", 1, status="rejected", reason_code="no_face"))
    rows.append(row("by the command facedepth", 1, size_bytes=None, modified=None))
    table = as_table(rows)
    assert {name for name, *_ in known_files(table, ("new",), "none")} == {"a", "c", "e"}
    assert {name for name, *_ in known_files(table, ("new",), "set_aside")} == {"a", "e"}
    assert known_files(table, ("new",), "all") == set()
    assert {name for name, *_ in known_files(table, ("new", "old"), "none")} == {"a", "b", "c", "e"}
    assert ("a", 5, "1") in known_files(table, ("new",), "none")


def test_a_manifest_of_an_earlier_version_has_columns_without_values(tmp_path):
    old = pd.DataFrame([{"photo_id": "p", "result_key": "new", "file_name": "a", "finished_at": "2026", "face": 1}])
    table = compacted([old])
    assert table.loc[0, "photo_id"] == "p"
    assert table["job_id"].isna().all()
    assert known_files(table, ("new",), "none") == set()  # it is looked at, and its result found


def test_newest_results_are_those_of_the_last_model_and_parameters():
    table = compacted([as_table([row("a", 1, result_key="old"), row("a", 2), row("b", 3)])])
    assert newest_results(table)["file_name"].tolist() == ["a", "b"]
    assert len(newest_results(as_table([]))) == 0


def test_columns_of_an_earlier_version_get_their_present_names():
    table = as_table(pd.DataFrame([{"file_name": "a", "face": 1, "yaw_deg": 4.0, "depth_mm": 77.0}]))
    assert table.loc[0, ["head_yaw_deg", "extent_z_mm"]].tolist() == [4.0, 77.0]
