"""What is remembered of Amazon's token buckets between two runs of the program."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SavedLevel:
    """One bucket at one moment.

    Attributes:
        level: tokens in the bucket; below zero while Amazon's refusals make us pause.
        rate: tokens gained a second, as last known from Amazon.
        at: the moment, in seconds since the Unix epoch.
    """

    level: float
    rate: float
    at: float
