# A node of Hive Mind: Node, the sources that it runs as they are, production dependencies, and the web console. No shell, no package manager, no build tools.
# Both base images are pinned by digest; scripts/dev/build-image.sh builds the same on a base of Debian packages, where no registry is at hand.
# The program that runs is the build image's Node: keep its major version that of the development dependency "node" (docs/adr/0004-node-and-type-stripping.md).
ARG NODE_IMAGE=docker.io/library/node:26-bookworm-slim@sha256:662933cf47f013bc8e4beb31a6116448427a82057ba7c42c97e4c5ba766504c2
ARG BASE_IMAGE=gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f

# The console that nodes serve: files for browsers, made with the development dependencies.
FROM ${NODE_IMAGE} AS console
WORKDIR /app
COPY package.json package-lock.json tsconfig.json ./
COPY console/package.json console/package.json
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY console console
COPY scripts/build-console.ts scripts/build-console.ts
RUN ["node", "scripts/build-console.ts"]

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --workspaces=false --ignore-scripts --no-audit --no-fund
COPY bin bin
COPY src src
# The library that Node needs and the base lacks, `hive` on the PATH, and sources stripped of their types and compiled, for the user that will run them: a start on a read-only root finds them.
# Layers keep whole seconds only of a file's time, by which bin/hive.js knows whether sources have changed since they were compiled.
RUN find src -name '*.test.ts' -delete \
  && find src -exec touch -d 2026-01-01T00:00:00Z {} + \
  && mkdir -p .cache/compile /empty /libraries \
  && cp -L --parents /usr/lib/*-linux-gnu/libatomic.so.1 /libraries \
  && printf '#!/usr/local/bin/node\nimport("/app/bin/hive.js");\n' >/usr/local/bin/hive \
  && chmod 0755 /usr/local/bin/hive \
  && chown 65532:65532 .cache/compile
USER 65532:65532
RUN ["/usr/local/bin/hive", "start", "--help"]

FROM ${BASE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="Hive Mind" \
  org.opencontainers.image.description="A node of a self-hosted trading venue: one durable log, a deterministic core, standard gateways" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.source="https://github.com/hive-mind/hive-mind" \
  org.opencontainers.image.documentation="https://github.com/hive-mind/hive-mind/tree/main/docs/operations" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.created="${CREATED}"
COPY --from=build /libraries /
COPY --from=build /usr/local/bin/node /usr/local/bin/hive /usr/local/bin/
COPY --from=build /app /app
COPY --from=console /app/dist/console /app/dist/console
COPY --from=build --chown=65532:65532 /empty /var/lib/hive-mind
ENV NODE_ENV=production
WORKDIR /var/lib/hive-mind
USER 65532:65532
VOLUME ["/var/lib/hive-mind"]
# OUCH, market data, snapshots, FIX, HTTP and WebSocket, operations
EXPOSE 26001 26002 26003 26010 26080 26090
STOPSIGNAL SIGTERM
# In plain HTTP: a container whose configuration has a tls section says `operations: { tls: false }`, or has a health check of its own.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["/usr/local/bin/node", "-e", "fetch('http://127.0.0.1:26090/healthz').then((r)=>process.exit(r.ok?0:1),()=>process.exit(1))"]
ENTRYPOINT ["/usr/local/bin/hive"]
CMD ["start", "--config", "/etc/hive-mind/hive.yaml"]
