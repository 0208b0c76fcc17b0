"""The three datasets that a sync copies."""

from enum import StrEnum


class Dataset(StrEnum):
    """What Amazon meters apart and a sync therefore fetches side by side."""

    CLAIMS = "claims"
    INVENTORY = "inventory"
    ORDERS = "orders"


ALL_DATASETS = frozenset(Dataset)
