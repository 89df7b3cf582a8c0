# The image of spate: Debian, libcurl, one executable, no root.
#
#   docker build -t spate .                                    builds from source (some ten minutes)
#   make dist && docker build -t spate --build-arg FROM=tarball .   takes the tarball of .build/dist
#   docker run --rm -v "$PWD/results:/results" spate run ramp --url http://host.docker.internal:8000
ARG FROM=source

FROM swift:6.3-bookworm AS source
RUN apt-get update && apt-get install -y --no-install-recommends \
        binutils gcc libcurl4-openssl-dev libsimdjson-dev libsqlite3-dev libuv1-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN .ci/dist --binary && install -D .build/dist/spate /out/spate

FROM debian:bookworm-slim AS tarball
COPY .build/dist/spate /out/spate

FROM ${FROM} AS binary

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libcurl4 libsimdjson14 \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o 65532 -g 65532 /results
COPY --from=binary /out/spate /usr/local/bin/spate
USER 65532:65532
# Results go to ./results of the working folder.
WORKDIR /
ENTRYPOINT ["spate"]
CMD ["--help"]
