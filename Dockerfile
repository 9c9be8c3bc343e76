# The operator's image. Any base with Python 3.11 or newer, its venv module and glibc will do:
#   docker build --build-arg BASE=REGISTRY/python:3.12-slim@sha256:... --tag headroom .
ARG BASE=python:3.12-slim

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source

# What the wheel is built with: hatchling and its own needs, by the hashes of the lock and nothing else.
COPY requirements.lock ./
RUN python3 -m venv /opt/hatchling \
    && awk '/^[a-z]/ { keep = $1 ~ /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/ } keep' \
        requirements.lock > /opt/hatchling/requirements.lock \
    && /opt/hatchling/bin/pip install --require-hashes --requirement /opt/hatchling/requirements.lock

COPY requirements-runtime.lock ./
RUN python3 -m venv /opt/headroom \
    && /opt/headroom/bin/pip install --require-hashes --requirement requirements-runtime.lock

COPY pyproject.toml README.md LICENSE ./
COPY forecasting forecasting
COPY controller controller
RUN /opt/hatchling/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /opt/hatchling/wheels . \
    && /opt/headroom/bin/pip install --no-deps --no-index /opt/hatchling/wheels/headroom-*.whl \
    && /opt/headroom/bin/pip check \
    && /opt/headroom/bin/pip uninstall --yes pip setuptools

FROM ${BASE}
LABEL org.opencontainers.image.title="Headroom" \
    org.opencontainers.image.description="Forecasts demand and scales Kubernetes workloads before the spike." \
    org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/headroom /opt/headroom
# Nothing is written beside the code, which belongs to root; one BLAS thread, since fits run side by side.
ENV PATH=/opt/headroom/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
WORKDIR /
USER 65532:65532
ENTRYPOINT ["headroom"]
