# The image of ci-health. Python packages are pinned by the hashes in the lock files. Pin the base image
# by its digest too: --build-arg PYTHON=python:3.12-slim-bookworm@sha256:… (docs/containers.md says how).
ARG PYTHON=python:3.12.11-slim-bookworm

# Builds the virtual environment; build tools, sources and pip stay behind.
FROM ${PYTHON} AS build
WORKDIR /src
COPY requirements.lock requirements-build.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements-build.lock \
    && python -m venv --without-pip /opt/ci-health \
    && pip --python /opt/ci-health install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY etl ./etl
# The version of the tag that it is built from: there is no git here to ask.
ARG VERSION=0.0.0
RUN SETUPTOOLS_SCM_PRETEND_VERSION="${VERSION}" pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
    && pip --python /opt/ci-health install --no-cache-dir --no-deps /wheels/*.whl

FROM ${PYTHON}
RUN groupadd --system --gid 10001 ci-health \
    && useradd --system --uid 10001 --gid ci-health --home-dir /data --no-create-home ci-health \
    && install --directory --owner=ci-health --group=ci-health --mode=700 /data
COPY --from=build /opt/ci-health /opt/ci-health
COPY --chmod=555 deploy/image/healthy /usr/local/bin/healthy
# The root may be read-only: all that is written goes to /data, and temporary files to /tmp. What a thread
# has read is free for the others only where they share what malloc gives.
ENV PATH=/opt/ci-health/bin:$PATH \
    MALLOC_ARENA_MAX=2 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CI_HEALTH_DATA_DIR=/data
USER 10001
WORKDIR /data
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["healthy"]
ENTRYPOINT ["ci-health"]
CMD ["run"]
