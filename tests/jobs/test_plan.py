from facedepth_pipeline.jobs.plan import chunks, plan_job
from facedepth_pipeline.storage.storage import StoredFile

PHOTOS = [StoredFile(f"day_{number // 100}/face_{number}.jpg", 1000 + number, str(number)) for number in range(1000)]


def test_a_photo_that_is_known_by_name_size_and_time_is_skipped_and_a_changed_one_is_not():
    known = {(photo.name, photo.size_bytes, photo.modified) for photo in PHOTOS[:10]}
    changed = [
        StoredFile(PHOTOS[0].name, 1000, "later"),
        StoredFile(PHOTOS[1].name, 5, PHOTOS[1].modified),
        *PHOTOS[2:],
    ]
    plan = plan_job(changed, known)
    assert (plan.listed, plan.skipped, len(plan.photos)) == (1000, 8, 992)
    assert plan.photos[:2] == tuple(changed[:2])


def test_every_photo_is_in_exactly_one_shard_whatever_comes_later():
    shards = [plan_job(PHOTOS, set(), shard, 7).photos for shard in range(7)]
    assert sorted(photo.name for shard in shards for photo in shard) == sorted(photo.name for photo in PHOTOS)
    assert min(map(len, shards)) > 100
    assert set(plan_job(PHOTOS[:500], set(), 3, 7).photos) <= set(shards[3])


def test_chunks_hold_every_photo_once_and_leave_no_worker_without():
    assert [len(chunk) for chunk in chunks(PHOTOS[:20], 8, workers=2)] == [8, 8, 4]
    assert [len(chunk) for chunk in chunks(PHOTOS[:6], 8, workers=2)] == [3, 3]
    assert [photo for chunk in chunks(PHOTOS, 8, workers=3) for photo in chunk] == PHOTOS
    assert chunks([], 8, workers=2) == []
