"""What a workload costs, and with whom it shares what may be spent."""

from controller.api.fields import DnsLabel, Part, PositiveQuantity, Quantity


class SharedBudget(Part):
    """What several policies of one namespace may cost together."""

    name: DnsLabel
    """All policies of the namespace that name this budget share it."""
    hourly: Quantity
    """What they may cost an hour, all together. Where they state different amounts, the smallest counts."""


class Cost(Part):
    """What replicas cost. The currency is yours; it must be the same for all who share a budget."""

    hourly_per_replica: PositiveQuantity
    """Price of one replica for an hour."""
    budget: SharedBudget | None = None
    """Where demand asks for more than it allows, `priority` decides, and equal ones share by need. Never cuts below
    minReplicas, a pin, or what runs while signals are unhealthy."""
