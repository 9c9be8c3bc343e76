"""Forecasting for load series: pure, importable alone."""
