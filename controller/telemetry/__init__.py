"""DOOR, Prometheus: presets and the query compiler (pure), the hardened client, the live reader, history, our exporter.

The rest of the house uses `reader.PrometheusTelemetry`, `questions.find_obstacle`, `backfill.refresh_history`,
`history.load_series` and `exporter.Exporter`.
"""
