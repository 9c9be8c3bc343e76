"""Headroom: forecasts demand and scales Kubernetes workloads before the spike."""

__version__ = "0.1.0"
