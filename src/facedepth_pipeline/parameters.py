"""Every knob of the project, typed: unknown keys and values out of range are refused before a run."""

import difflib
import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Fit = Literal["stretch", "pad", "crop"]  # how the 751x501 frame becomes 256x256
HELD_OUT = r"^(all|fold [1-9]\d?/[1-9]\d?)$"


class Parameters(BaseModel):
    """Base of all parameter groups: frozen, and a key that is not listed is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def in_effect(self) -> dict[str, Any]:
        """What this run uses, as plain values, for MLflow and for the sidecar."""
        return self.model_dump(mode="json")

    @model_validator(mode="before")
    @classmethod
    def _name_unknown_keys(cls, values: Any) -> Any:
        unknown = sorted(set(values) - set(cls.model_fields)) if isinstance(values, dict) else []
        if unknown:
            raise ValueError("; ".join(unknown_key(key, cls.model_fields) for key in unknown))
        return values


def unknown_key(key: str, allowed: Iterable[str]) -> str:
    """What to say of a key that nobody knows: the nearest known one, and all of them."""
    known = sorted(allowed)
    close = difflib.get_close_matches(key, known, n=1)
    guess = f" did you mean {close[0]!r}?" if close else ""
    return f"unknown key {key!r}:{guess} allowed are {', '.join(known)}"


HeadSource = Literal["makehuman", "ict", "gnm"]


def _read_weights(value: Any) -> Any:
    """``makehuman:1 ict:2`` as a mapping: Kedro cannot take a mapping in ``--params``; a name alone has weight 1."""
    if isinstance(value, str):
        value = {name: weight or 1 for name, _, weight in (word.partition(":") for word in value.split())}
    unknown = sorted(set(value) - set(get_args(HeadSource))) if isinstance(value, dict) else []
    if unknown:
        raise ValueError("; ".join(unknown_key(name, get_args(HeadSource)) for name in unknown).replace("key", "head"))
    return value


HeadWeights = Annotated[
    dict[HeadSource, Annotated[float, Field(gt=0)]],
    BeforeValidator(_read_weights),
    Field(
        min_length=1,
        description="Head models that people are drawn from, each with its weight; in --params: 'makehuman:1 ict:2'.",
    ),
]


class SynthesisParameters(Parameters):
    """Size and seed of the stand-in database, and who is in it."""

    subjects: Annotated[int, Field(ge=1, le=999, description="People.")]
    pairs: Annotated[int, Field(ge=1, le=9999, description="Portrait/range pairs, at least one a person.")]
    seed: Annotated[int, Field(ge=0)]
    heads: HeadWeights = {"makehuman": 1}
    takes: Annotated[
        Literal["as_texas", "even"],
        Field(description="Whether a few people have most of the pairs, as in the database, or everybody as many."),
    ] = "as_texas"
    preset: Annotated[
        Literal["studio", "randomised", "wild"],
        Field(
            description="studio is lit like the database; randomised varies light, skin and camera far beyond it; wild "
            "adds poses, perspective, glasses, strands of hair and more expressions."
        ),
    ]
    range_realism: Annotated[
        Literal["clean", "scanner"], Field(description="scanner adds the holes, rough rim and smoothing of a scanner.")
    ]
    processes: Annotated[int, Field(ge=0, description="Worker processes; 0 = one for each core.")] = 0

    @model_validator(mode="after")
    def _give_everyone_a_pair(self) -> Self:
        if self.pairs < self.subjects:
            raise ValueError(f"each subject needs a pair; received subjects={self.subjects} and pairs={self.pairs}")
        return self


class RelightableParameters(Parameters):
    """Size and seed of a training set of faces whose photos are composed anew in each epoch."""

    subjects: Annotated[int, Field(ge=0, le=99_999, description="Number of people; 0 = no such set.")]
    pairs: Annotated[int, Field(ge=0, description="Number of takes, at least one for each person.")]
    seed: Annotated[int, Field(ge=0, description="Random seed for people and takes.")]
    heads: HeadWeights = {"makehuman": 1}
    processes: Annotated[int, Field(ge=0, description="Number of worker processes; 0 = one for each core.")] = 0

    @model_validator(mode="after")
    def _give_everyone_a_pair(self) -> Self:
        if self.pairs < self.subjects or (self.pairs and not self.subjects):
            raise ValueError(f"each subject needs a pair; received subjects={self.subjects} and pairs={self.pairs}")
        return self


class IngestParameters(Parameters):
    """What `ingest` tolerates."""

    max_rejected_fraction: Annotated[
        float, Field(ge=0, le=1, description="Above this share of rejected entries the run stops.")
    ]


class PreprocessParameters(Parameters):
    """How the 751x501 frame becomes 256x256, and where in it faces lie."""

    fit: Annotated[Fit, Field(description="stretch is the paper's; pad and crop keep pixels square.")]
    template_portraits: Annotated[
        int, Field(ge=1, description="Training portraits, one per person, that make the landmark template.")
    ]


class SplitParameters(Parameters):
    """Who is held out."""

    test_subjects: Annotated[
        Annotated[int, Field(ge=1)]
        | Annotated[list[str], Field(min_length=1)]
        | Annotated[str, Field(pattern=HELD_OUT)],
        Field(
            description="How many people to hold out (the paper: 10), a list of their ids, 'fold 2/5' for the second "
            "of five groups that together are everybody, or 'all' to test on everybody and train on nobody."
        ),
    ]
    validation_subjects: Annotated[int, Field(ge=1, description="People who choose epoch and threshold.")]
    seed: Annotated[int, Field(ge=0)]


class PhotoAugmentation(Parameters):
    """What cameras, files and things in the way do to the photos of a training; 0 = not at all."""

    blur: Annotated[float, Field(ge=0, le=2, description="Strength; 1 blurs by up to 1.5 pixels.")] = 0
    noise: Annotated[float, Field(ge=0, le=2, description="Strength; 1 adds noise of up to 8 grey levels.")] = 0
    jpeg: Annotated[float, Field(ge=0, le=1, description="Share of photos saved as JPEG of quality 25 to 95.")] = 0
    low_resolution: Annotated[
        float, Field(ge=0, le=1, description="Share of photos that go down to 128 or 64 pixels and up again.")
    ] = 0
    colour_cast: Annotated[
        float, Field(ge=0, le=2, description="Strength; 1 multiplies channels by up to 1.35, and colours fade or glow.")
    ] = 0
    patches: Annotated[float, Field(ge=0, le=1, description="Share of photos with one to three things in the way.")] = 0


class Recipe(Parameters):
    """One way to train: networks, losses, optimisation."""

    width: Annotated[int, Field(ge=1, le=256, description="Filters of the first convolution.")]
    normalization: Annotated[
        Literal["instance", "batch"],
        Field(description="instance: of each image; batch: over the batch in training, of each image in prediction."),
    ]
    decoder: Annotated[
        Literal["transposed", "resize", "bilinear"],
        Field(description="How the generator enlarges; the paper: transposed; resize repeats pixels, then convolves."),
    ]
    channels: Annotated[
        Literal["rgb", "red"], Field(description="Channels of the photo that the generator sees; the paper: rgb.")
    ] = "rgb"
    deepest_multiple: Annotated[
        int, Field(ge=1, le=8, description="No convolution of the generator has more filters than this times width.")
    ] = 8
    residual: Annotated[bool, Field(description="Whether the generator predicts the difference to the mean face.")]
    mask_output: Annotated[
        bool, Field(description="Whether the generator also predicts the mask, and multiplies the depth by it.")
    ] = False
    adversary: Annotated[
        Literal["bce", "lsgan", "hinge", "none"], Field(description="Adversarial loss; none trains without a judge.")
    ]
    distance: Annotated[Literal["l1", "l2"], Field(description="Distance term of equation 3.")]
    lambda_distance: Annotated[float, Field(ge=0, description="Its weight, lambda of equation 4.")]
    background_weight: Annotated[
        float, Field(ge=0, le=1, description="Of pixels without a surface in the distance; the paper: 1.")
    ]
    offset_weight: Annotated[
        float, Field(ge=0, le=1, description="Share of a face's mean error that stays in the distance; the paper: 1.")
    ] = 1
    lambda_gradient: Annotated[float, Field(ge=0, description="Weight of the error of neighbours' differences.")]
    gradient_scales: Annotated[
        int, Field(ge=1, le=6, description="Neighbours at 1, 2, 4 ... pixels, so many distances; each counts alike.")
    ] = 1
    lambda_normal: Annotated[float, Field(ge=0, description="Weight of one minus the cosine between normals.")]
    lambda_mask: Annotated[float, Field(ge=0, description="Weight of the cross entropy of mask_output.")] = 1
    learning_rate: Annotated[float, Field(gt=0, le=1, description="Of Adam, at the start.")]
    learning_rate_decay: Annotated[
        Literal["none", "linear", "cosine"],
        Field(description="linear: constant for half of the epochs, then straight to 0; cosine: down to 0 throughout."),
    ]
    beta_1: Annotated[float, Field(ge=0, lt=1, description="First moment of Adam.")]
    ema_momentum: Annotated[
        float, Field(ge=0, lt=1, description="Of the average of the weights that predicts; 0 = the weights themselves.")
    ]
    batch_size: Annotated[int, Field(ge=1, description="Pairs a step, over all devices together.")]
    epochs: Annotated[int, Field(ge=1)]
    augmentation: Annotated[
        Literal["jitter", "mirror", "none"],
        Field(description="jitter: enlarge 256 to 286, crop, mirror (section IV.F); mirror: that alone."),
    ]
    light_augmentation: Annotated[
        float, Field(ge=0, le=2, description="Strength of random changes of brightness, colour and light; 0 = none.")
    ]
    photo_augmentation: Annotated[
        PhotoAugmentation, Field(description="Blur, noise, JPEG and more, of every photo.")
    ] = PhotoAugmentation()
    similarity: Annotated[
        float, Field(ge=0, le=2, description="Strength of misplacement; 1: 6 % of scale, 3 degrees, 6 pixels.")
    ] = 0
    balance_subjects: Annotated[bool, Field(description="Whether an epoch shows every person equally often.")]
    relightable_share: Annotated[
        float | None,
        Field(ge=0, le=1, description="Share of relightable pairs in an epoch; null = as there are of both kinds."),
    ] = None
    keep: Annotated[
        Literal["last", "best"], Field(description="Weights of the last epoch, or of the lowest validation error.")
    ]
    patience_epochs: Annotated[
        int | None, Field(ge=1, description="Stop after so many epochs without a lower validation error; null = never.")
    ]


class TrainParameters(Parameters):
    """Which recipe, and on what it runs."""

    recipe: Annotated[str, Field(description="Name of one of the recipes.")]
    recipes: Annotated[dict[str, Recipe], Field(min_length=1, description="paper, metric and your own.")]
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"],
        Field(description="Of the computation; auto takes bfloat16 where the processor has it."),
    ]
    device: Annotated[Literal["auto", "cpu", "gpu"], Field(description="auto: a GPU if there is one.")]
    distribution: Annotated[
        Literal["none", "mirrored", "multi_worker"],
        Field(description="mirrored: all devices of this machine; multi_worker: the machines listed in TF_CONFIG."),
    ]
    cache_mb: Annotated[
        int,
        Field(
            ge=0,
            description="Memory for decoded pairs, 0.33 MB each, relightable ones 0.79; others are decoded each epoch.",
        ),
    ]
    seed: Annotated[int, Field(ge=0, description="Of weights, dropout, augmentation and order.")]
    picture_epochs: Annotated[list[int], Field(description="Epochs after which sample predictions are drawn.")]

    @model_validator(mode="after")
    def _know_the_recipe(self) -> Self:
        if self.recipe not in self.recipes:
            raise ValueError(unknown_key(self.recipe, self.recipes).replace("key", "recipe", 1))
        return self

    def in_effect(self) -> dict[str, Any]:
        """The chosen recipe beside the rest; the other recipes have no effect."""
        return {**self.model_dump(mode="json", exclude={"recipes"}), **self.chosen.model_dump(mode="json")}

    @property
    def chosen(self) -> Recipe:
        """The recipe that is named."""
        return self.recipes[self.recipe]


class AutoencoderParameters(Parameters):
    """Training of the stacked contractive autoencoders."""

    units: Annotated[
        list[Annotated[int, Field(ge=1, le=4096)]],
        Field(min_length=1, description="Of each layer, from the 4096 pixels to the code."),
    ]
    contraction: Annotated[float, Field(ge=0, description="Weight of the squared norm of the code's Jacobian.")]
    learning_rate: Annotated[float, Field(gt=0, le=1)]
    batch_size: Annotated[int, Field(ge=1)]
    pretrain_epochs: Annotated[int, Field(ge=1, description="Of each layer.")]
    map_epochs: Annotated[int, Field(ge=1, description="Of the map from code to code.")]
    finetune_epochs: Annotated[int, Field(ge=1, description="Of the whole.")]
    seed: Annotated[int, Field(ge=0)]


def _split_words(value: Any) -> Any:
    """Kedro takes a comma in ``--params`` for the next parameter, so a list cannot be given there."""
    return value.split() if isinstance(value, str) else value


Baseline = Literal["mean_face", "shape_from_shading", "contractive_autoencoder", "unet_l1"]


def _require_own_names(foreign: dict[str, str]) -> dict[str, str]:
    taken = {"generator", *get_args(Baseline)}
    for name in foreign:
        if name in taken or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise ValueError(
                f"received the name {name!r}; expected small letters, digits and _, and none of "
                f"{', '.join(sorted(taken))}"
            )
    return foreign


class EvaluateParameters(Parameters):
    """The protocol of the error figures, what they stand beside, and what they decide."""

    erosion_px: Annotated[int, Field(ge=0, le=32, description="Margin that the figures of the inner face leave out.")]
    bootstrap_samples: Annotated[int, Field(ge=100, le=1_000_000)]
    seed: Annotated[int, Field(ge=0, description="Of the bootstrap over subjects.")]
    baselines: Annotated[
        list[Baseline],
        BeforeValidator(_split_words),
        Field(description="What the generator is measured beside; a list, or names with spaces between in --params."),
    ]
    foreign: Annotated[
        dict[str, str],
        AfterValidator(_require_own_names),
        Field(
            description="Methods from elsewhere, each a name and the path of a folder of depth maps or of a Python "
            "file with predict(photos)."
        ),
    ] = {}
    contractive_autoencoder: AutoencoderParameters
    unet_l1_recipe: Annotated[
        str, Field(description="Recipe of train.recipes that unet_l1 follows, but for the adversary and with L1.")
    ]
    doubt_samples: Annotated[
        int, Field(ge=0, le=64, description="Dropout samples a photo, to hold spread against error; 0 = not checked.")
    ]
    promote: Annotated[
        Literal["if_better", "always", "never"],
        Field(description="if_better: when the paired interval against the champion lies below 0."),
    ]


Alignment = Literal["auto", "detect", "none"]
SeveralFaces = Literal["refuse", "largest", "all"]
Background = Literal["fill", "keep"]
Mesher = Literal["poisson", "grid"]
PoissonDetail = Literal["fine", "quick"]
Output = Literal["glb", "ply", "obj", "stl", "html", "point_cloud", "wireframe"]  # rows of mesh/formats.py


class ReconstructionParameters(Parameters):
    """How photos become geometry."""

    alignment: Annotated[
        Alignment,
        Field(
            description="detect: by landmarks; none: photos lie in the 751x501 frame already; auto: none for "
            "portraits of the database, detect for all others."
        ),
    ] = "auto"
    interpupillary_mm: Annotated[
        float | None,
        Field(ge=50, le=75, description="Interpupillary distance (PD) where known (adults); null = training mean."),
    ] = None
    several_faces: Annotated[SeveralFaces, Field(description="What to do with a photo of more than one face.")] = (
        "refuse"
    )
    max_yaw_deg: Annotated[float, Field(ge=5, le=60, description="Faces turned further to the side are refused.")] = (
        30.0
    )
    max_pitch_deg: Annotated[
        float, Field(ge=5, le=60, description="Faces that look further up or down are refused; known to 10 degrees.")
    ] = 45.0
    min_face_inside: Annotated[
        float, Field(ge=0, le=1, description="Faces of which a smaller share lies inside the photo are refused.")
    ] = 0.9
    background: Annotated[
        Background,
        Field(description="Of the texture beside the face: fill with colours of the face, or keep the photo's."),
    ] = "fill"
    uncertainty_samples: Annotated[
        int,
        Field(
            ge=0, le=64, description="Dropout samples that say how uncertain the depth is; 0 = none, and no map of it."
        ),
    ] = 0
    seed: Annotated[int, Field(ge=0, description="Of these samples.")] = 0
    mesher: Annotated[Mesher, Field(description="grid: through every depth, quick; poisson: smooth.")] = "grid"
    poisson_detail: Annotated[
        PoissonDetail,
        Field(description="fine: cells of 0.9 mm; quick: of 2.3 mm, in a quarter of the time."),
    ] = "fine"
    poisson_threads: Annotated[
        int, Field(ge=1, le=64, description="Of the solver; with one the same depth gives the same mesh to the bit.")
    ] = 1
    max_density_drop: Annotated[
        float,
        Field(gt=0, le=8, description="Poisson vertices this many octree levels below the median are cut."),
    ] = 2.0
    max_distance_mm: Annotated[
        float, Field(gt=0, le=20, description="Poisson vertices further than this from the depth are cut.")
    ] = 3.0
    max_depth_jump_mm: Annotated[
        float,
        Field(gt=0, le=80, description="Neighbouring pixels further apart in depth are not joined."),
    ] = 8.0
    max_rim_drop_mm: Annotated[
        float | None,
        Field(gt=0, le=80, description="The rim is taken off while it drops more than this a pixel; null = it stays."),
    ] = 5.0
    fill_holes_mm: Annotated[float, Field(ge=0, le=40, description="Holes up to this size are closed; 0 = none.")] = 0.0
    smoothing_iterations: Annotated[int, Field(ge=0, le=200, description="Of Taubin's filter; 0 = none.")] = 0
    max_triangles: Annotated[
        int | None, Field(ge=100, description="Meshes of more are thinned out to this; null = as they are.")
    ] = None
    back_mm: Annotated[
        float | None,
        Field(gt=0, le=100, description="Thickness of a flat back that closes the mesh for printing; null = open."),
    ] = None
    wireframe_stride: Annotated[int, Field(ge=1, le=32, description="Pixels between the lines of the wireframe.")] = 4
    formats: Annotated[
        list[Output],
        BeforeValidator(_split_words),
        Field(min_length=1, description="Files to write; a list, or names with spaces between in --params."),
    ] = ["ply", "glb", "point_cloud", "wireframe"]
    max_rejected_fraction: Annotated[
        float, Field(ge=0, le=1, description="A job with a larger share of rejected photos fails at its end.")
    ] = 0.5
    batch_size: Annotated[int, Field(ge=1, le=256, description="Photos in one pass of the generator.")] = 8
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"],
        Field(description="Of the generator; auto takes bfloat16 where the processor has it."),
    ] = "auto"


class DaskParameters(Parameters):
    """Which processes do the work of ``reconstruct``."""

    scheduler: Annotated[
        str | None,
        Field(
            pattern=r"^(tcp|tls|ws|wss)://.+$", description="Of a running cluster; null = processes of this machine."
        ),
    ] = None
    workers: Annotated[
        int, Field(ge=0, le=1024, description="Processes of this machine; 0 = one for each core that has 2 GB.")
    ] = 0
    memory_gb: Annotated[
        float | None,
        Field(ge=1, description="Of one process of this machine, which is ended beyond; null = its share of all."),
    ] = None
    dashboard: Annotated[
        str | None, Field(description="Address of Dask's dashboard on this machine, port 0 = any; null = none.")
    ] = "127.0.0.1:0"
    wait_for_workers_s: Annotated[
        float, Field(gt=0, description="A cluster that has had no worker for so long ends the job.")
    ] = 120.0


class BatchParameters(Parameters):
    """How a job of ``reconstruct`` goes about its photos; nothing here changes a result."""

    shard: Annotated[int, Field(ge=0, description="This job does the photos of this shard, counted from 0.")] = 0
    num_shards: Annotated[int, Field(ge=1, le=10_000, description="Jobs that share the photos.")] = 1
    redo: Annotated[
        Literal["none", "set_aside", "all"],
        Field(description="Photos to do again: those that failed, hung or ended a worker, or all."),
    ] = "none"
    attempts: Annotated[int, Field(ge=1, le=10, description="After so many failures a photo is set aside.")] = 3
    photo_timeout_s: Annotated[float, Field(ge=5, description="A photo that takes longer counts as failed.")] = 120.0
    wait_for_lock_s: Annotated[
        float, Field(ge=0, description="How long to wait for another job on the same results; 0 = leave at once.")
    ] = 0.0
    mlflow_run: Annotated[
        str,
        Field(pattern=r"^[\w.-]*$", description="Jobs of the same name log to one MLflow run; empty = each its own."),
    ] = ""
    log_faces: Annotated[
        bool,
        Field(description="Whether contact sheet, meshes and file names may go to MLflow: they are personal data."),
    ] = True
    logged_meshes: Annotated[
        int, Field(ge=0, le=100, description="The first so many meshes of a job go to MLflow.")
    ] = 3

    def in_effect(self) -> dict[str, Any]:
        """Without what differs between jobs that log to one MLflow run."""
        values = super().in_effect()
        return {name: value for name, value in values.items() if name != "shard"} if self.mlflow_run else values

    @model_validator(mode="after")
    def _shard_is_one_of_them(self) -> Self:
        if self.shard >= self.num_shards:
            raise ValueError(
                f"shard is {self.shard}; with num_shards {self.num_shards} it is 0 to {self.num_shards - 1}"
            )
        return self


PARAMETER_GROUPS: dict[str, type[Parameters]] = {
    "synthesize": SynthesisParameters,
    "relightable": RelightableParameters,
    "ingest": IngestParameters,
    "preprocess": PreprocessParameters,
    "split": SplitParameters,
    "train": TrainParameters,
    "evaluate": EvaluateParameters,
    "reconstruct": ReconstructionParameters,
    "dask": DaskParameters,
    "batch": BatchParameters,
}
