# The product without a database: name one in ConnectionStrings__Messaging.
FROM node:22-slim AS pages
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

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
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
# No code is left to be generated at run time: Marten's projections and Wolverine's handlers are written out in the source (docs/decisions.md).
RUN dotnet publish src/Api --configuration Release --no-restore --output /app -p:UseAppHost=false

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /app ./
RUN mkdir /data && chown "$APP_UID" /data
ENV ASPNETCORE_URLS=http://+:8080 Messaging__DataDirectory=/data
USER $APP_UID
VOLUME /data
EXPOSE 8080
# The image has no curl.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health/ready HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["dotnet", "Messaging.Api.dll"]
