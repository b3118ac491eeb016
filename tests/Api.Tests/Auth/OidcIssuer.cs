using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Messaging.Api.Tests.Auth;

/// <summary>
/// An OpenID Connect issuer on loopback: its discovery document and its keys over HTTP, and tokens signed with them.
/// </summary>
public sealed class OidcIssuer : IAsyncDisposable
{
    private readonly RsaSecurityKey _key = new(RSA.Create(2048)) { KeyId = "key-1" };
    private readonly WebApplication _app;

    private int _asked;

    private OidcIssuer(WebApplication app) => _app = app;

    public string Authority => _app.Urls.First();

    /// <summary>How often it was asked for anything.</summary>
    public int Asked => _asked;

    /// <summary>What it does instead of answering; null when it answers.</summary>
    public Func<HttpContext, Task>? Instead { get; set; }

    /// <summary>What it answers to who exchanges a code: of the form that it was sent; null refuses.</summary>
    public Func<IFormCollection, object?> Tokens { get; set; } = _ => null;

    /// <summary>What it says of whoever's access token it is.</summary>
    public Func<string, object?> UserInfo { get; set; } = _ => null;

    public static Task Fails(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        return Task.CompletedTask;
    }

    public static Task Hangs(HttpContext context) =>
        Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);

    public static async Task<OidcIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var issuer = new OidcIssuer(builder.Build());
        issuer._app.Use((context, next) =>
        {
            Interlocked.Increment(ref issuer._asked);
            return issuer.Instead is { } instead ? instead(context) : next(context);
        });
        issuer._app.MapGet("/.well-known/openid-configuration", () => Results.Json(new
        {
            issuer = issuer.Authority,
            jwks_uri = $"{issuer.Authority}/keys",
            authorization_endpoint = $"{issuer.Authority}/authorize",
            token_endpoint = $"{issuer.Authority}/token",
            userinfo_endpoint = $"{issuer.Authority}/me",
        }));
        issuer._app.MapPost("/token", async (HttpContext context) =>
            issuer.Tokens(await context.Request.ReadFormAsync()) is { } answer
                ? Results.Json(answer)
                : Results.Json(new { error = "invalid_grant" }, statusCode: 400));
        issuer._app.MapGet("/me", (HttpContext context) =>
            issuer.UserInfo(context.Request.Headers.Authorization.ToString()) is { } answer
                ? Results.Json(answer)
                : Results.Unauthorized());
        issuer._app.MapGet("/keys", () =>
        {
            var key = JsonWebKeyConverter.ConvertFromRSASecurityKey(
                new RsaSecurityKey(issuer._key.Rsa.ExportParameters(false)) { KeyId = issuer._key.KeyId });
            return Results.Json(
                new
                {
                    keys = new[]
                    {
                        new
                        {
                            kty = key.Kty,
                            kid = key.Kid,
                            n = key.N,
                            e = key.E,
                            use = "sig",
                            alg = "RS256",
                        },
                    },
                }
            );
        });
        await issuer._app.StartAsync();
        return issuer;
    }

    /// <summary>A token of this issuer.</summary>
    public string Issue(
        string email, object? verified = null, string audience = "messaging-api", string? issuer = null,
        DateTime? expires = null, SecurityKey? key = null, string algorithm = SecurityAlgorithms.RsaSha256,
        string? subject = null, params Claim[] more) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = issuer ?? Authority,
                Audience = audience,
                Expires = expires ?? DateTime.UtcNow.AddMinutes(10),
                Claims = new Dictionary<string, object>
                {
                    ["sub"] = subject ?? email,
                    ["email"] = email,
                    ["email_verified"] = verified ?? true,
                },
                Subject = new ClaimsIdentity(more),
                SigningCredentials = new SigningCredentials(key ?? _key, algorithm),
            }
        );

    /// <summary>A token that says nothing of an address.</summary>
    public string IssueWithoutAddress(string subject, string audience, params Claim[] more) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = Authority,
                Audience = audience,
                Expires = DateTime.UtcNow.AddMinutes(10),
                Claims = new Dictionary<string, object> { ["sub"] = subject },
                Subject = new ClaimsIdentity(more),
                SigningCredentials = new SigningCredentials(_key, SecurityAlgorithms.RsaSha256),
            }
        );

    /// <summary>The public key as bytes, for the classic confusion of algorithms.</summary>
    public byte[] PublicKey => _key.Rsa.ExportSubjectPublicKeyInfo();

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
