"""A real control plane and a real Prometheus on this machine, built from Go modules: for tests and for `demo --live`.

What is tested against them lives in tests/; nothing in controller/ or forecasting/ needs this package, except the live
demo.
"""
