using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Messaging.Api.Auth;
using Messaging.Domain;
using OtpNet;

namespace Messaging.Api.Email.Inbound;

/// <summary>What mails to a signed address are.</summary>
internal enum SignedAddressKind
{
    /// <summary>Answers of the person that the mail was sent to.</summary>
    Reply = 1,

    /// <summary>Mails that could not be delivered.</summary>
    Bounce = 2,
}

/// <summary>A delivery that an address names.</summary>
internal sealed record SignedAddress(SignedAddressKind Kind, Guid DeliveryId);

/// <summary>
/// Addresses that name a delivery and prove that this product made them: <c>name+token@domain</c>. The token is the
/// delivery's id and a MAC of it and of the kind, in base32: it survives servers that fold the case.
/// </summary>
internal sealed class ReplyAddresses
{
    /// <summary>The most characters before the sign, so that the local part has no more than it may.</summary>
    public const int LongestName = EmailAddress.LocalPartMaximum - 1 - TokenLength;

    private const int MacBytes = 10;
    private const int TokenLength = ((16 + MacBytes) * 8 + 4) / 5;

    private readonly EmailAddress _address;
    private readonly byte[] _key;
    private readonly Regex _signed;

    /// <summary>Needs the key that signs tokens.</summary>
    public ReplyAddresses(InboundOptions options, AuthOptions auth)
    {
        _address = options.Address ?? throw new InvalidOperationException("No mails come in.");
        _key = auth.KeyFor("reply addresses");

        // Wherever it stands: as an address, or quoted in a text.
        _signed = new Regex(
            $"{Regex.Escape(_address.LocalPart)}\\+((?-i:[A-Za-z2-7]{{{TokenLength}}}))"
                + $"(?:@|=40|%40)(?:{Regex.Escape(_address.Domain)}|{Regex.Escape(DomainForPeople(_address))})",
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
    }

    /// <summary>The address that an answer to a mail goes to.</summary>
    public EmailAddress ForReplies(Guid deliveryId) => Make(SignedAddressKind.Reply, deliveryId);

    /// <summary>The address that a mail comes back to.</summary>
    public EmailAddress ForBounces(Guid deliveryId) => Make(SignedAddressKind.Bounce, deliveryId);

    /// <summary>True when it is the mailbox's own address, signed or not.</summary>
    public bool IsOwn(string address) =>
        EmailAddress.Of(address) is { } given && given.Domain == _address.Domain
        && (given.LocalPart.Equals(_address.LocalPart, StringComparison.OrdinalIgnoreCase)
            || given.LocalPart.StartsWith($"{_address.LocalPart}+", StringComparison.OrdinalIgnoreCase));

    /// <summary>The addresses in a text that this product has signed, in order.</summary>
    public IEnumerable<SignedAddress> FindIn(string text) =>
        _signed.Matches(text).Select(match => Verify(match.Groups[1].Value)).OfType<SignedAddress>();

    /// <summary>
    /// A text in which signed addresses are the plain one: whoever gets to read it must not learn another's.
    /// </summary>
    public string WithoutSigns(string text) => _signed.Replace(text, _ => _address.Shown);

    private static string DomainForPeople(EmailAddress address) => address.Shown[(address.LocalPart.Length + 1)..];

    private EmailAddress Make(SignedAddressKind kind, Guid deliveryId)
    {
        Span<byte> token = stackalloc byte[16 + MacBytes];
        deliveryId.TryWriteBytes(token, bigEndian: true, out _);
        Mac(kind, token[..16]).AsSpan(0, MacBytes).CopyTo(token[16..]);
        return EmailAddress.Of($"{_address.LocalPart}+{TextOf(token)}@{_address.Domain}")!;
    }

    private SignedAddress? Verify(string text)
    {
        ReadOnlySpan<byte> token = Base32Encoding.ToBytes(text);

        // One text for each token: the bits that are left over are none.
        if (!text.Equals(TextOf(token), StringComparison.OrdinalIgnoreCase)) return null;
        foreach (var kind in (SignedAddressKind[])[SignedAddressKind.Reply, SignedAddressKind.Bounce])
        {
            if (CryptographicOperations.FixedTimeEquals(Mac(kind, token[..16]).AsSpan(0, MacBytes), token[16..]))
                return new SignedAddress(kind, new Guid(token[..16], bigEndian: true));
        }

        return null;
    }

    private byte[] Mac(SignedAddressKind kind, ReadOnlySpan<byte> delivery) =>
        HMACSHA256.HashData(_key, (byte[])[(byte)kind, .. delivery]);

    private static string TextOf(ReadOnlySpan<byte> token) =>
        Base32Encoding.ToString(token.ToArray()).TrimEnd('=').ToLowerInvariant();
}
