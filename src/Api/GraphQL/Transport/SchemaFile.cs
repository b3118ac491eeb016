using System.Security.Cryptography;
using System.Text;
using GraphQL;
using GraphQL.Types;
using GraphQL.Utilities;
using Messaging.Api.Hosting;
using Messaging.Api.Security;
using Microsoft.Net.Http.Headers;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// The contract as text: <c>GET /graphql/schema.graphql</c>, in the Schema Definition Language with all descriptions
/// and rules, byte for byte the <c>schema.graphql</c> of this version. For whoever is signed in, by whatever token; for
/// everybody where introspection is for everybody. It depends on nothing but the version.
/// </summary>
internal sealed class SchemaFile(
    ISchema schema, GraphQLOptions options, IGraphQLGate gate, SecurityLog security, RefusalOf? refusalOf = null)
{
    private readonly Lazy<(byte[] Text, EntityTagHeaderValue Tag)> _file = new(() =>
    {
        var text = Encoding.UTF8.GetBytes(
            schema
                .Print(new PrintOptions { IncludeDescriptions = true, StringComparison = StringComparison.Ordinal })
                .ReplaceLineEndings("\n")
        );
        return (text, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(text).AsSpan(0, 16))}\""));
    });

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            if (!options.Introspection && await RefuseAsync(context)) return;
        }
        catch (Exception e) when (refusalOf?.Invoke(e) is { IsOutage: true })
        {
            context.Response.SetUnavailable();
            return;
        }

        var (text, tag) = _file.Value;
        var headers = context.Response.GetTypedHeaders();
        headers.ETag = tag;

        // Asked for anew each time, so that nobody goes on with that of a version before, or has it who may not any
        // more.
        headers.CacheControl = new CacheControlHeaderValue { Private = true, NoCache = true };
        if (
            context
                .Request.GetTypedHeaders()
                .IfNoneMatch.Any(one => one == EntityTagHeaderValue.Any || one.Compare(tag, useStrongComparison: false))
        )
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        // SDL has no registered media type; as text every browser shows it.
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = text.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await SlowReaders.WriteAsync(context.Response, text, options.SendTimeout, context.RequestAborted);
    }

    private async Task<bool> RefuseAsync(HttpContext context)
    {
        var admission = await gate.AdmitAsync(context, context.Request.Headers.Authorization, context.RequestAborted);
        if (admission is { Refusal: null, Viewer: not null }) return false;

        // The gate itself tells of a token that is not valid.
        if (admission.Refusal is null)
            security.Record(SecurityEvent.AccessDenied, Network.Of(context), detail: "schema");
        context.Response.Headers.WWWAuthenticate = admission.Challenge;
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return true;
    }
}
