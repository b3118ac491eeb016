using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Messaging.Api.Tests.Auth;

/// <summary>
/// An authenticator made of software (WebAuthn Level 3): an ES256 key, and what it says of itself, true or not.
/// </summary>
internal sealed class SoftPasskey : IDisposable
{
    private static readonly string[] s_transports = ["internal"];

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _id = RandomNumberGenerator.GetBytes(32);
    private string _handle = "";

    /// <summary>The page that it is used on.</summary>
    public string Origin { get; set; } = "https://nachrichten.example";

    /// <summary>The name that it believes to be bound to.</summary>
    public string Domain { get; set; } = "nachrichten.example";

    /// <summary>How often it has signed; an authenticator that does not count says 0.</summary>
    public uint Count { get; set; }

    /// <summary>True when its owner unlocks it.</summary>
    public bool IsUnlocked { get; set; } = true;

    /// <summary>Another owner than the one that it was made for.</summary>
    public string? Handle { get; set; }

    /// <summary>Answers the question for a new passkey.</summary>
    public string Make(string options)
    {
        var asked = JsonNode.Parse(options)!;
        _handle = (string)asked["user"]!["id"]!;
        var client = ClientData("webauthn.create", (string)asked["challenge"]!);
        var writer = new CborWriter();
        writer.WriteStartMap(3);
        writer.WriteTextString("fmt");
        writer.WriteTextString("none");
        writer.WriteTextString("attStmt");
        writer.WriteStartMap(0);
        writer.WriteEndMap();
        writer.WriteTextString("authData");
        writer.WriteByteString([.. Data(0x40), .. new byte[16], 0, (byte)_id.Length, .. _id, .. PublicKey()]);
        writer.WriteEndMap();
        return JsonSerializer.Serialize(new
        {
            id = Base64Url.EncodeToString(_id),
            rawId = Base64Url.EncodeToString(_id),
            type = "public-key",
            clientExtensionResults = new { },
            response = new
            {
                attestationObject = Base64Url.EncodeToString(writer.Encode()),
                clientDataJSON = Base64Url.EncodeToString(client),
                transports = s_transports,
            },
        });
    }

    /// <summary>Answers the question of a sign-in.</summary>
    public string Answer(string options)
    {
        var client = ClientData("webauthn.get", (string)JsonNode.Parse(options)!["challenge"]!);
        if (Count > 0) Count++;
        var data = Data(0);
        var signature = _key.SignData(
            [.. data, .. SHA256.HashData(client)], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return JsonSerializer.Serialize(new
        {
            id = Base64Url.EncodeToString(_id),
            rawId = Base64Url.EncodeToString(_id),
            type = "public-key",
            clientExtensionResults = new { },
            response = new
            {
                authenticatorData = Base64Url.EncodeToString(data),
                clientDataJSON = Base64Url.EncodeToString(client),
                signature = Base64Url.EncodeToString(signature),
                userHandle = Handle ?? _handle,
            },
        });
    }

    public void Dispose() => _key.Dispose();

    private byte[] ClientData(string type, string challenge) =>
        Encoding.UTF8.GetBytes(
            JsonSerializer.Serialize(new { type, challenge, origin = Origin, crossOrigin = false }));

    private byte[] Data(byte flags)
    {
        var count = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(count, Count);
        return [
            .. SHA256.HashData(Encoding.UTF8.GetBytes(Domain)), (byte)(flags | 0x01 | (IsUnlocked ? 0x04 : 0)),
            .. count,
        ];
    }

    // COSE (RFC 9053, 2.1 and 7.1.1).
    private byte[] PublicKey()
    {
        var point = _key.ExportParameters(false).Q;
        var writer = new CborWriter(CborConformanceMode.Ctap2Canonical);
        writer.WriteStartMap(5);
        foreach (var (name, value) in (ValueTuple<int, int>[])[(1, 2), (3, -7), (-1, 1)])
        {
            writer.WriteInt32(name);
            writer.WriteInt32(value);
        }

        writer.WriteInt32(-2);
        writer.WriteByteString(point.X!);
        writer.WriteInt32(-3);
        writer.WriteByteString(point.Y!);
        writer.WriteEndMap();
        return writer.Encode();
    }
}
