# Builds the virtual environment; build tools and sources stay behind.
FROM python:3.12-slim AS build
WORKDIR /src
COPY requirements.lock requirements-build.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements-build.lock \
    && python -m venv /opt/ci-health \
    && /opt/ci-health/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY etl ./etl
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/ci-health/bin/pip install --no-cache-dir --no-deps /wheels/*.whl

FROM python:3.12-slim
RUN useradd --system --uid 10001 --create-home ci-health \
    && install --directory --owner=ci-health --group=ci-health /data
COPY --from=build /opt/ci-health /opt/ci-health
ENV PATH=/opt/ci-health/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CI_HEALTH_DATA_DIR=/data
USER 10001
WORKDIR /data
VOLUME /data
ENTRYPOINT ["ci-health"]
CMD ["run"]
