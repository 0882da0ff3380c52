FROM node:26-trixie-slim

WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0

# docker build --build-arg SOURCE_COMMIT=$(git rev-parse HEAD): /healthz and the log name it.
ARG SOURCE_COMMIT=
ENV SOURCE_COMMIT=$SOURCE_COMMIT

# Without the optional packages: those are the Node and PostgreSQL that development brings along.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional && npm cache clean --force

COPY tsconfig.json ./
COPY src ./src

USER node
EXPOSE 3000

# For whoever serves HTTP; docker-compose.yml switches it off for the others.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 3000}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# API and worker in one process. Each alone: node src/server/main.ts, node src/worker/main.ts.
CMD ["node", "src/main.ts"]
