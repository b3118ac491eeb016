using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Fido2NetLib;
using Fido2NetLib.Objects;
using Messaging.Application.Accounts;
using Messaging.Domain;

namespace Messaging.Api.Auth;

/// <summary>The settings of <c>Messaging:Auth:Passkeys</c>.</summary>
/// <param name="Domain">
/// The name that passkeys are bound to (WebAuthn's RP ID); null when the product is reached by an address only, which
/// no passkey can be bound to.
/// </param>
/// <param name="Origins">The origins of the pages that may use them.</param>
public sealed record PasskeyOptions(string? Domain, IReadOnlySet<string> Origins)
{
    /// <summary>Reads them; what is not set follows from the address at which people reach the product.</summary>
    /// <param name="publicUrl">That address.</param>
    /// <exception cref="InvalidOperationException">A setting cannot be right.</exception>
    public static PasskeyOptions Read(IConfiguration configuration, string publicUrl)
    {
        var section = configuration.GetSection("Messaging:Auth:Passkeys");
        var page = new Uri(publicUrl);

        // The address has a check of its own: what follows from it is no setting that is wrong.
        var domain = section["Domain"] is { Length: > 0 } given ? given
            : Uri.CheckHostName(page.IdnHost) == UriHostNameType.Dns ? page.IdnHost
            : null;
        var said = section["Origins"] is { Length: > 0 } origin ? origin : null;
        var origins = (said ?? page.GetLeftPart(UriPartial.Authority))
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (domain is not null && Uri.CheckHostName(domain) != UriHostNameType.Dns)
            throw new InvalidOperationException(
                $"{section.Path}:Domain is '{domain}'; it is a name such as nachrichten.example, without https:// and "
                    + "port.");
        foreach (var one in said is null ? [] : origins)
        {
            if (!Uri.TryCreate(one, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http")
                || uri.GetLeftPart(UriPartial.Authority) != one.TrimEnd('/'))
            {
                throw new InvalidOperationException(
                    $"{section.Path}:Origins has '{one}'; an origin is such as https://nachrichten.example.");
            }

            if (domain is not null && uri.IdnHost != domain
                && !uri.IdnHost.EndsWith($".{domain}", StringComparison.Ordinal))
            {
                throw new InvalidOperationException(
                    $"{section.Path}:Origins has '{one}', which is neither {domain} nor below it: no browser would "
                        + "use a passkey there.");
            }
        }

        return new PasskeyOptions(domain, origins.Select(o => o.TrimEnd('/')).ToHashSet(StringComparer.Ordinal));
    }
}

/// <summary>
/// Passkeys (WebAuthn Level 3), checked by Fido2: what authenticators are asked, and what they answer. No attestation
/// is asked for: which make somebody uses is nobody's business.
/// </summary>
public sealed class Passkeys
{
    /// <summary>Time in which somebody has to take their passkey out.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    // WebAuthn Level 3, 7.1, step 25.
    private const int CredentialMaximum = 1023;
    private const int HandleBytes = 32;

    // What is asked without a password: 16 random bytes, until when it may be answered, and a MAC of both.
    private const int RandomBytes = 16;
    private const int SignedBytes = RandomBytes + sizeof(long);
    private const int MacBytes = 16;

    [Stored("purpose_of_passkey_key")]
    private const string Purpose = "passkey sign-ins";

    private readonly PasskeyOptions _options;
    private readonly Fido2? _fido;
    private readonly SecondFactors _factors;
    private readonly TimeProvider _clock;
    private readonly byte[] _key;

    /// <summary>Uses the settings.</summary>
    public Passkeys(PasskeyOptions options, AuthOptions auth, SecondFactors factors, TimeProvider clock)
    {
        (_options, _factors, _clock, _key) = (options, factors, clock, auth.KeyFor(Purpose));
        _fido = options.Domain is null
            ? null
            : new Fido2(new Fido2Configuration
            {
                RPID = options.Domain,
                RPName = options.Domain,
                Origins = options.Origins,
                Timeout = (uint)Patience.TotalMilliseconds,
            });
    }

    /// <summary>True when there can be passkeys: the product is reached by a name.</summary>
    public bool AreThere => _fido is not null;

    /// <summary>Asks an authenticator for a new passkey.</summary>
    /// <param name="address">By which the authenticator shows it.</param>
    /// <returns>The factor that was begun, and what to ask, in JSON; null when there can be none.</returns>
    public async Task<(Guid Id, string Options)?> BeginAsync(
        Caller caller, string address, CancellationToken cancellation)
    {
        if (_fido is null) return null;
        var known = await _factors.PasskeysAsync(caller.TenantId, caller.Actor.Id, cancellation);
        var handle = known.Count > 0 ? known[0].UserHandle : RandomNumberGenerator.GetBytes(HandleBytes);
        var options = _fido.RequestNewCredential(new RequestNewCredentialParams
        {
            User = new Fido2User { Id = handle, Name = address, DisplayName = address },
            ExcludeCredentials = [.. known.Select(Described)],
            AuthenticatorSelection = new AuthenticatorSelection
            {
                ResidentKey = ResidentKeyRequirement.Preferred,
                UserVerification = UserVerificationRequirement.Preferred,
            },
            AttestationPreference = AttestationConveyancePreference.None,
        }).ToJson();
        return await _factors.BeginPasskeyAsync(caller.TenantId, caller.Actor.Id, options, handle, cancellation) is
        { } id
            ? (id, options)
            : null;
    }

    /// <summary>Checks what an authenticator answered that was asked for a new passkey.</summary>
    /// <returns>The passkey; null when it is not right.</returns>
    public async Task<NewPasskey?> CheckNewAsync(
        Caller caller, Guid id, string answer, CancellationToken cancellation)
    {
        if (_fido is null
            || await _factors.OptionsOfAsync(caller.TenantId, caller.Actor.Id, id, cancellation) is not { } asked)
            return null;
        return await UnlessMalformedAsync(async () =>
        {
            var response = JsonSerializer.Deserialize<AuthenticatorAttestationRawResponse>(answer);
            if (response is null) return null;
            var made = await _fido.MakeNewCredentialAsync(
                new MakeNewCredentialParams
                {
                    AttestationResponse = response,
                    OriginalOptions = CredentialCreateOptions.FromJson(asked),
                    IsCredentialIdUniqueToUserCallback = async (credential, stopping) =>
                        await _factors.FindPasskeyAsync(credential.CredentialId, stopping) is null,
                },
                cancellation);
            return made.Id.Length > CredentialMaximum
                ? null
                : new NewPasskey(
                    made.Id, made.PublicKey, made.SignCount,
                    [.. (made.Transports ?? []).Select(t => t.ToString()).Distinct().Take(10)]);
        }, cancellation);
    }

    /// <summary>What to ask the passkeys of a person, after their password.</summary>
    /// <returns>JSON; null when they have none.</returns>
    public async Task<string?> AskAsync(Caller caller, CancellationToken cancellation)
    {
        if (_fido is null) return null;
        var known = await _factors.PasskeysAsync(caller.TenantId, caller.Actor.Id, cancellation);
        return known.Count == 0
            ? null
            : Asked(
                RandomNumberGenerator.GetBytes(HandleBytes), UserVerificationRequirement.Preferred,
                [.. known.Select(Described)]).ToJson();
    }

    /// <summary>Checks what a passkey of a person answered, after their password.</summary>
    /// <param name="asked">What it was asked: <see cref="AskAsync"/>.</param>
    public async Task<bool> CheckAsync(Caller caller, string asked, string answer, CancellationToken cancellation)
    {
        var known = await _factors.PasskeysAsync(caller.TenantId, caller.Actor.Id, cancellation);
        return await UnlessMalformedAsync(async () =>
        {
            var response = JsonSerializer.Deserialize<AuthenticatorAssertionRawResponse>(answer);
            return response is not null
                && known.FirstOrDefault(p => p.CredentialId.AsSpan().SequenceEqual(response.RawId)) is { } passkey
                && await CheckAsync(passkey, AssertionOptions.FromJson(asked), response, cancellation)
                ? passkey
                : null;
        }, cancellation) is not null;
    }

    /// <summary>
    /// What to ask a passkey in place of the password. Nothing is kept of it: strangers ask for as many as they like.
    /// </summary>
    /// <returns>JSON; null when there can be no passkeys.</returns>
    public string? AskAnybody()
    {
        if (_fido is null) return null;
        var challenge = new byte[SignedBytes + MacBytes];
        RandomNumberGenerator.Fill(challenge.AsSpan(0, RandomBytes));
        BinaryPrimitives.WriteInt64BigEndian(
            challenge.AsSpan(RandomBytes), (_clock.GetUtcNow() + Patience).ToUnixTimeSeconds());
        MacOf(challenge).CopyTo(challenge, SignedBytes);
        return Asked(challenge, UserVerificationRequirement.Required, []).ToJson();
    }

    /// <summary>
    /// Checks what a passkey answered in place of the password: its owner unlocked it, and the question was asked here,
    /// lately, and not answered before.
    /// </summary>
    /// <returns>The passkey; null when it is not right.</returns>
    public async Task<Passkey?> CheckAnybodyAsync(string answer, CancellationToken cancellation)
    {
        if (_fido is null) return null;
        return await UnlessMalformedAsync(async () =>
        {
            var response = JsonSerializer.Deserialize<AuthenticatorAssertionRawResponse>(answer);
            if (response is null) return null;
            using var client = JsonDocument.Parse(response.Response.ClientDataJson);
            var challenge = System.Buffers.Text.Base64Url.DecodeFromChars(
                client.RootElement.GetProperty("challenge").GetString());
            if (challenge.Length != SignedBytes + MacBytes
                || !CryptographicOperations.FixedTimeEquals(MacOf(challenge), challenge.AsSpan(SignedBytes))
                || BinaryPrimitives.ReadInt64BigEndian(challenge.AsSpan(RandomBytes))
                    < _clock.GetUtcNow().ToUnixTimeSeconds())
                return null;
            if (await _factors.FindPasskeyAsync(response.RawId, cancellation) is not { } passkey
                || response.Response.UserHandle is not { } handle
                || !passkey.UserHandle.AsSpan().SequenceEqual(handle))
                return null;
            var asked = Asked(challenge, UserVerificationRequirement.Required, []);
            return await CheckAsync(passkey, asked, response, cancellation)
                && await _factors.UseQuestionAsync(Convert.ToHexString(challenge), Patience, cancellation)
                ? passkey
                : null;
        }, cancellation);
    }

    private async Task<bool> CheckAsync(
        Passkey passkey, AssertionOptions asked, AuthenticatorAssertionRawResponse response,
        CancellationToken cancellation)
    {
        var result = await _fido!.MakeAssertionAsync(
            new MakeAssertionParams
            {
                AssertionResponse = response,
                OriginalOptions = asked,
                StoredPublicKey = passkey.PublicKey,
                StoredSignatureCounter = passkey.SignCount,
                IsUserHandleOwnerOfCredentialIdCallback = (owner, _) =>
                    Task.FromResult(owner.UserHandle.AsSpan().SequenceEqual(passkey.UserHandle)),
            },
            cancellation);
        return await _factors.CountAsync(passkey, result.SignCount, cancellation);
    }

    private AssertionOptions Asked(
        byte[] challenge, UserVerificationRequirement verification,
        IReadOnlyList<PublicKeyCredentialDescriptor> allowed) => new()
        {
            Challenge = challenge,
            RpId = _options.Domain!,
            Timeout = (ulong)Patience.TotalMilliseconds,
            AllowCredentials = allowed,
            UserVerification = verification,
        };

    private static PublicKeyCredentialDescriptor Described(Passkey passkey) => new(
        PublicKeyCredentialType.PublicKey, passkey.CredentialId,
        [
            .. passkey.Transports
                .Select(t => (IsKnown: Enum.TryParse<AuthenticatorTransport>(t, out var known), Transport: known))
                .Where(t => t.IsKnown)
                .Select(t => t.Transport),
        ]);

    private byte[] MacOf(byte[] challenge) =>
        HMACSHA256.HashData(_key, challenge.AsSpan(0, SignedBytes))[..MacBytes];

    // What strangers send is checked by a library that throws whatever its parsers do.
    private static async Task<T?> UnlessMalformedAsync<T>(Func<Task<T?>> check, CancellationToken cancellation)
        where T : class
    {
        try
        {
            return await check();
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested && e is not Npgsql.NpgsqlException)
        {
            return null;
        }
    }
}
