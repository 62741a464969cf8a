"""The plain script: photos of a folder one after the other, in one process, with all cores for each step.

``python benchmarks/peers/sequential_batch.py PHOTOS OUT``. The same steps and files as a batch job.
"""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path


def main() -> None:
    """Reconstruct, and print seconds as JSON."""
    begun = time.perf_counter()
    from facedepth_pipeline.generator.starter import load_starter
    from facedepth_pipeline.jobs.store import ReconstructionStore
    from facedepth_pipeline.parameters import ReconstructionParameters
    from facedepth_pipeline.photo.folder import PhotoFolder
    from facedepth_pipeline.reconstruction.provenance import Provenance
    from facedepth_pipeline.reconstruction.reconstruct import reconstruct
    from facedepth_pipeline.reconstruction.record import Stamp

    generator, model_uri = load_starter()
    loaded = time.perf_counter()
    photos, results = PhotoFolder(sys.argv[1]), ReconstructionStore(str(Path(sys.argv[2])))
    for result in reconstruct(photos, generator, Provenance(model_uri, ReconstructionParameters())):
        results.write(result, Stamp(datetime.now(UTC)))
    ended = time.perf_counter()
    print(json.dumps({"photos": len(photos), "load_s": loaded - begun, "photos_s": ended - loaded}))


if __name__ == "__main__":
    main()
