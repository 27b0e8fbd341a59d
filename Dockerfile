# The store without its servers: one image, whose words choose the part (web, worker, beat, migrate, manage).
# docs/deploy.md says how the parts stand together; compose.yaml does it on one machine.
ARG PYTHON=3.13-slim-trixie

FROM python:${PYTHON} AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt /tmp/requirements.txt
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --only-binary=:all: -r /tmp/requirements.txt

FROM python:${PYTHON} AS store
# pg_dump and pg_restore for back_up and restore; of the version of the PostgreSQL in compose.yaml.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 store \
    && useradd --uid 10001 --gid store --no-create-home --home-dir /data --shell /usr/sbin/nologin store \
    && install --directory --owner=store --group=store --mode=0750 /data
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    STORE_DATA=/data \
    STATIC_ROOT=/srv/static \
    WEB_BIND=0.0.0.0 \
    PORT=8000
WORKDIR /srv/store
COPY manage.py ./
COPY accounts ./accounts
COPY config ./config
COPY core ./core
COPY demo ./demo
COPY fulfilment ./fulfilment
COPY locale ./locale
COPY payments ./payments
COPY static ./static
COPY storefront ./storefront
COPY supervisor ./supervisor
COPY templates ./templates
# The settings want secrets; those of this one step are made in a folder that goes with it.
RUN python -m compileall -q . \
    && STORE_DATA=/tmp/build python manage.py collectstatic --no-input --verbosity 0 \
    && rm -rf /tmp/build
USER store
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
# Whether it lives. Whether orders can be taken and worked off is /readyz, for the proxy and for you.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-m", "supervisor.part", "healthy"]
ENTRYPOINT ["python", "-m", "supervisor.part"]
CMD ["web"]
