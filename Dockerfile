# The product without a database: name one in ConnectionStrings__Messaging.
# Images are named by what they contain, and the digest is what is taken: './dev pins' compares the two, './dev pins --update' takes what is new.
FROM node:22.23.3-bookworm-slim@sha256:43ac6c60b8f89723f746e8a92ce91abd5017e627ce1ddfe4238355d3a30b772c AS pages
WORKDIR /source/src/GraphiQL
COPY src/GraphiQL/package.json src/GraphiQL/package-lock.json src/GraphiQL/.npmrc ./
RUN npm ci
COPY src/GraphiQL/ ./
RUN npm run build
WORKDIR /source/src/Web
COPY src/Web/package.json src/Web/package-lock.json src/Web/.npmrc ./
RUN npm ci
COPY schema.graphql /source/
COPY src/Web/ ./
RUN npm run build

FROM mcr.microsoft.com/dotnet/sdk:10.0.401@sha256:e70cdb7f80b0348f5cb85f19a8f670fca061f033d57eed12fa003d58b0e06317 AS build
ENV DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
WORKDIR /source

# What decides on packages comes first, so that they are fetched again only when it changes.
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY src/Domain/Domain.csproj src/Domain/packages.lock.json src/Domain/
COPY src/Application/Application.csproj src/Application/packages.lock.json src/Application/
COPY src/Projections/Projections.csproj src/Projections/packages.lock.json src/Projections/
COPY src/Api/Api.csproj src/Api/packages.lock.json src/Api/
RUN dotnet restore src/Api --locked-mode

COPY src/ src/
COPY --from=pages /source/src/Api/wwwroot/ src/Api/wwwroot/
# No code is left to be generated at run time: Marten's projections and Wolverine's handlers are written out in the source (docs/decisions/0018-nothing-is-compiled.md).
# The version is the tag's, and the context has no git: docker build --build-arg VERSION=1.2.3
ARG VERSION
RUN dotnet publish src/Api --configuration Release --no-restore --output /app -p:UseAppHost=false -p:MinVerVersionOverride="${VERSION:-0.0.0-unknown}"

FROM mcr.microsoft.com/dotnet/aspnet:10.0.12@sha256:222759b391a1aaf241166672c8f99b2d4ada452e7b5319f3c6e8f265a37b5ad4
WORKDIR /app
COPY --from=build /app ./
RUN mkdir /data && chown "$APP_UID" /data && chmod 700 /data
# No pg_dump: this image's system has that of PostgreSQL 16, which does not read newer servers. docs/operate.md says how to back up.
# Without diagnostics nobody of the same user can have the process write its memory, with what people wrote and the keys in it, into a file.
ENV ASPNETCORE_URLS=http://+:8080 Messaging__DataDirectory=/data DOTNET_EnableDiagnostics=0
USER $APP_UID
VOLUME /data
EXPOSE 8080
# The image has no curl.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health/ready HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["dotnet", "Messaging.Api.dll"]
