"""Reading ``reconstruction_manifest``."""

import pandas as pd


def newest_results(manifest: pd.DataFrame) -> pd.DataFrame:
    """Rows made by the model version and parameters that were used last."""
    return manifest[manifest["result_key"] == manifest["result_key"].iloc[-1]]


def accept_newest(manifest: pd.DataFrame, max_rejected_fraction: float) -> None:
    """Check how many of the newest results are rejections.

    Raises:
        ValueError: If it is a larger share than allowed; the message counts the reasons.
    """
    newest = newest_results(manifest)
    rejected = newest[newest["status"] == "rejected"]
    if len(rejected) > max_rejected_fraction * len(newest):
        reasons = ", ".join(f"{code}: {count}" for code, count in rejected["reason_code"].value_counts().items())
        raise ValueError(
            f"{len(rejected)} of {len(newest)} photos were rejected ({reasons}), more than "
            f"reconstruct.max_rejected_fraction = {max_rejected_fraction}. The others are done. {_examples(rejected)} "
            "All reasons: 07_model_output/reconstruction_manifest.parquet, and result.json of each photo."
        )


def _examples(rejected: pd.DataFrame) -> str:
    """The first rejected photo of each reason, in its words."""
    first = rejected.drop_duplicates("reason_code").head(3)
    return " ".join(f"{row.file_name}: {row.reason}" for row in first.itertuples())
