"""Kinds of variants, by the names that people give them."""

from collections.abc import Mapping
from types import MappingProxyType

from controller.simulation.variants.batches import Batches
from controller.simulation.variants.blackout import Blackout
from controller.simulation.variants.outage import Outage
from controller.simulation.variants.refusals import Refusals
from controller.simulation.variants.release import Release
from controller.simulation.variants.start_up_load import StartUpLoad
from controller.simulation.variants.zones import ZoneLoss
from controller.simulation.world import Variant

KINDS: Mapping[str, type[Variant]] = MappingProxyType(
    {
        "outage": Outage,
        "blackout": Blackout,
        "release": Release,
        "zone-loss": ZoneLoss,
        "batches": Batches,
        "refusals": Refusals,
        "start-up-load": StartUpLoad,
    }
)
