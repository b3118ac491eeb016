using System.Buffers;
using System.Globalization;
using System.Text;
using MimeKit;

namespace Messaging.Api.Email;

/// <summary>The addresses we send to and from: one mailbox, nothing around it.</summary>
internal static class EmailAddress
{
    // RFC 5321 4.5.3.1: 64 octets, 255 octets and a path of 256 with its brackets.
    private const int LongestLocalPart = 64;
    private const int LongestAddress = 254;

    private static readonly SearchValues<char> s_forbidden = SearchValues.Create(" \t\r\n\"(),:;<>[]\\");

    private static readonly ParserOptions s_strict = new()
    {
        AddressParserComplianceMode = RfcComplianceMode.Strict,
        AllowAddressesWithoutDomain = false,
        AllowUnquotedCommasInAddresses = false,
        MaxAddressGroupDepth = 0,
    };

    private static readonly IdnMapping s_idn = new() { UseStd3AsciiRules = true };

    /// <summary>Whether the text is one address and no more: no name, list, comment, route, quotes or control character.</summary>
    public static bool TryParse(string text, out MailboxAddress address)
    {
        address = null!;
        if (text.AsSpan().ContainsAny(s_forbidden) || text != PlainText.OneLine(text, int.MaxValue)) return false;
        if (!MailboxAddress.TryParse(s_strict, text, out var parsed) || parsed.Address != text || parsed.LocalPart.Length == 0) return false;

        string ascii;
        try
        {
            ascii = s_idn.GetAscii(parsed.Domain);
        }
        catch (ArgumentException)
        {
            return false;
        }
        var local = Encoding.UTF8.GetByteCount(parsed.LocalPart);
        if (local > LongestLocalPart || local + 1 + ascii.Length > LongestAddress) return false;

        address = new MailboxAddress("", $"{parsed.LocalPart}@{ascii}");
        return true;
    }

    /// <summary>Whether a server must support SMTPUTF8 to take mail for it. A domain beyond ASCII is no reason: it has its <c>xn--</c> form.</summary>
    public static bool NeedsSmtpUtf8(MailboxAddress address) => !Ascii.IsValid(address.LocalPart);
}
