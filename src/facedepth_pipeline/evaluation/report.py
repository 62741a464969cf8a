"""The evaluation as one self-contained HTML page."""

import base64
import html
import io
from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .3rem .9rem; text-align: right; border-bottom: 1px solid #8886; }
th:first-child, td:first-child { text-align: left; }
img { max-width: 100%; background: #fff; border-radius: 4px; margin: .3rem 0; }
.headline { font-size: 1.6rem; }
.note { opacity: .75; }
"""


def write_report(metrics: Mapping[str, Any], per_subject: Figure, test_subjects: Mapping[str, Figure]) -> str:
    """Compose the page.

    Args:
        metrics: ``depth_metrics``.
        per_subject: Error of each held-out person.
        test_subjects: A figure for each held-out person, by subject id.
    """
    low, high = metrics["mae_mm_ci95"]
    rows = [("generator", metrics), *metrics["baselines"].items()]
    body = "".join(
        f"<tr><td>{html.escape(name.replace('_', ' '))}</td><td>{m['mae_mm']:.2f}</td>"
        f"<td>{m['mae_mm_ci95'][0]:.2f} to {m['mae_mm_ci95'][1]:.2f}</td><td>{m['rmse_mm']:.2f}</td>"
        f"<td>{m['mae_mm_eroded']:.2f}</td><td>{m['mae_normalized']:.4f}</td></tr>"
        for name, m in rows
    )
    pictures = "".join(
        f"<h3>Subject {html.escape(subject)}</h3>{_image(figure, f'Errors of subject {subject}')}"
        for subject, figure in test_subjects.items()
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Depth error on held-out people</title><style>{STYLE}</style></head><body>
<h1>Depth error on held-out people</h1>
<p class="headline"><b>{metrics["mae_mm"]:.2f} mm</b> mean absolute error
(95 % interval {low:.2f} to {high:.2f} mm)</p>
<p>{metrics["subjects"]} people the generator has never seen, {metrics["images"]} images. Errors are taken inside the
valid mask, averaged within a person, then over people; the interval resamples people.</p>
<table><tr><th></th><th>MAE mm</th><th>95 % interval</th><th>RMSE mm</th>
<th>MAE mm, {metrics["erosion_px"]} px from the rim</th><th>MAE normalized, whole image</th></tr>{body}</table>
{_image(per_subject, "Mean absolute error of each person")}
<h2>Each held-out person</h2>{pictures}
<p class="note">Data digest {html.escape(metrics["data_digest"])}: figures of another digest do not compare.</p>
</body></html>
"""


def _image(figure: Figure, alternative: str) -> str:
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=80)
    encoded = base64.b64encode(data.getvalue()).decode()
    return f'<img alt="{html.escape(alternative)}" src="data:image/png;base64,{encoded}">'
