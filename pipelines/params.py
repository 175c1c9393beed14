"""The `pipeline` section of params.yaml: how stages are run. No stage depends on it."""

from typing import Literal

from k15.params import Params


class PipelineParams(Params):
    profile: str
    """Name of the profile that the file was composed from; shown, never branched on."""
    runner: Literal["process", "container"]
    """Where stages run."""
