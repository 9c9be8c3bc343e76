"""What holds for all tests: generated cases are judged by what they show, never by how long a busy machine took."""

from hypothesis import HealthCheck, settings

settings.register_profile("no clocks", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no clocks")
