using System.Globalization;
using System.Text;

namespace Messaging.Domain;

/// <summary>
/// An e-mail address: one rule for typed input and for sending mail. One mailbox and nothing around it: a local part
/// without quotes (RFC 5321 4.1.2, with the letters of RFC 6531 3.3) and a host's name, whose labels beyond ASCII are
/// those of IDNA 2008 (RFC 5890, 5891). Only a mail can show that it exists.
/// <para>
/// A domain has one normal form: in keys, in comparisons and on the wire it is in ASCII (<c>xn--</c>), for people in
/// Unicode, whichever of them was typed. Events keep the address as typed.
/// </para>
/// </summary>
public sealed record EmailAddress
{
    /// <summary>The most octets of a local part, in UTF-8 (RFC 5321 4.5.3.1.1).</summary>
    public const int LocalPartMaximum = 64;

    /// <summary>
    /// The most octets of a domain in ASCII (RFC 1035 2.3.4, without the root and the lengths on the wire).
    /// </summary>
    public const int DomainMaximum = 253;

    /// <summary>The most octets of a label of a domain, in ASCII (RFC 1035 2.3.4).</summary>
    public const int LabelMaximum = 63;

    private const string AcePrefix = "xn--";

    private static readonly IdnMapping s_idn = new() { UseStd3AsciiRules = true };

    private EmailAddress(string localPart, string domain)
    {
        LocalPart = localPart;
        Domain = domain;
    }

    /// <summary>The local part, before the @, as it was given.</summary>
    public string LocalPart { get; }

    /// <summary>The domain in ASCII and lower case.</summary>
    public string Domain { get; }

    /// <summary>
    /// As it is on the wire. The local part may still be beyond ASCII; see <see cref="NeedsSmtpUtf8"/>.
    /// </summary>
    public string Wire => $"{LocalPart}@{Domain}";

    /// <summary>As people are shown it: the domain in Unicode.</summary>
    public string Shown =>
        $"{LocalPart}@{(Domain.Contains(AcePrefix, StringComparison.Ordinal) ? s_idn.GetUnicode(Domain) : Domain)}";

    /// <summary>
    /// True when every server on the mail's way must support SMTPUTF8 (RFC 6531). A domain beyond ASCII is no reason:
    /// it has its ASCII form.
    /// </summary>
    public bool NeedsSmtpUtf8 => !Ascii.IsValid(LocalPart);

    /// <summary>The address of a text; null when it is none.</summary>
    public static EmailAddress? Of(string text) => Parse(text, "email").Address;

    /// <summary>
    /// An address as people are shown it. One that an earlier version took and that is none stays as it is.
    /// </summary>
    public static string ForPeople(string stored) =>
        !Ascii.IsValid(stored) || stored.Contains(AcePrefix, StringComparison.OrdinalIgnoreCase)
            ? Of(stored)?.Shown ?? stored
            : stored;

    /// <summary>True when two texts are the same address, however its domain is spelled.</summary>
    public static bool AreSame(string one, string other) =>
        one == other || (Of(one) is { } address && address == Of(other));

    /// <summary>The reason why a text is no address; null when it is one.</summary>
    public static Refusal? Check(string text, string field) => Parse(text, field).Refusal;

    private static (EmailAddress? Address, Refusal? Refusal) Parse(string text, string field)
    {
        if (Text.CheckLine(text, field, Text.EmailMaximum) is { } refusal) return (null, refusal);
        var at = text.LastIndexOf('@');
        if (at < 1 || at == text.Length - 1) return No("");
        var local = text[..at];
        if (!IsLocalPart(local)) return No("");
        var octets = Encoding.UTF8.GetByteCount(local);
        if (octets > LocalPartMaximum)
            return No($": what is before the @ has {octets} bytes, at most {LocalPartMaximum} are allowed");
        if (DomainOf(text[(at + 1)..]) is not { } domain) return No(": what is behind the @ is no domain's name");
        if (domain.Length > DomainMaximum || octets + 1 + domain.Length > Text.EmailMaximum)
            return No(
                $": with its domain in ASCII (xn--…) it has {octets + 1 + domain.Length} bytes, at most "
                    + $"{Text.EmailMaximum} are allowed"
            );
        return (new EmailAddress(local, domain), null);

        (EmailAddress?, Refusal) No(string why) => (null, new EmailIsIllFormed(field, why));
    }

    // RFC 5321 4.1.2, Dot-string. Quoted strings are left out: hardly any mailbox needs them, and many programs break
    // on them.
    private static bool IsLocalPart(string local)
    {
        if (local[0] == '.' || local[^1] == '.' || local.Contains("..", StringComparison.Ordinal)) return false;
        var marks = 0;
        foreach (var rune in local.EnumerateRunes())
        {
            marks = Text.IsMark(rune) ? marks + 1 : 0;
            var isOne = rune.IsAscii
                ? Rune.IsLetterOrDigit(rune)
                    || "!#$%&'*+-/=?^_`{|}~.".Contains((char)rune.Value, StringComparison.Ordinal)
                : !Rune.IsWhiteSpace(rune)
                    && !Text.IsInvisible(rune)
                    && marks <= Text.MarksMaximum
                    && Rune.GetUnicodeCategory(rune)
                        is not (UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse);
            if (!isOne)
                return false;
        }

        return true;
    }

    /// <summary>A host's name in ASCII and lower case; null when it is none.</summary>
    private static string? DomainOf(string text)
    {
        // The full stops of IDNA (RFC 3490 3.1).
        var labels = text.Split('.', '\u3002', '\uff0e', '\uff61');
        for (var i = 0; i < labels.Length; i++)
        {
            if (LabelOf(labels[i]) is not { } label) return null;
            labels[i] = label;
        }

        // All digits at the end is an address of IPv4, which would need brackets and is no host's name (RFC 3696 2).
        return labels[^1].All(char.IsAsciiDigit) ? null : string.Join('.', labels);
    }

    private static string? LabelOf(string label)
    {
        if (label.Length is 0 or > LabelMaximum) return null;
        var ascii = label.ToLowerInvariant();
        if (!Ascii.IsValid(label) || ascii.StartsWith(AcePrefix, StringComparison.Ordinal))
        {
            try
            {
                // There and back: what does not come back is nobody's domain (RFC 5891 4.2.1, 5.3).
                ascii = s_idn.GetAscii(Ascii.IsValid(label) ? ascii : label);
                if (!Ascii.IsValid(ascii) || ascii.Contains('.', StringComparison.Ordinal)) return null;
                var unicode = s_idn.GetUnicode(ascii);
                if (
                    !Ascii.IsValid(unicode)
                    && (s_idn.GetAscii(unicode) != ascii || !unicode.EnumerateRunes().All(IsOfLabels))
                )
                    return null;
                if (Ascii.IsValid(unicode) && ascii.StartsWith(AcePrefix, StringComparison.Ordinal))
                    return null;
            }
            catch (ArgumentException)
            {
                return null;
            }
        }

        return
            ascii.Length is > 0 and <= LabelMaximum
            && ascii[0] != '-'
            && ascii[^1] != '-'
            && ascii.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
            ? ascii
            : null;
    }

    // RFC 5892 2.1 and 2.6, and the characters that it allows in their context, which the mapping looks at: letters,
    // digits and marks, no symbols.
    private static bool IsOfLabels(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.LowercaseLetter
                or UnicodeCategory.OtherLetter
                or UnicodeCategory.ModifierLetter
                or UnicodeCategory.DecimalDigitNumber
                or UnicodeCategory.NonSpacingMark
                or UnicodeCategory.SpacingCombiningMark
        || rune.Value
            is '-'
                or 0x00B7
                or 0x0375
                or 0x05F3
                or 0x05F4
                or 0x06FD
                or 0x06FE
                or 0x0F0B
                or 0x200C
                or 0x200D
                or 0x3007
                or 0x30FB;
}
