using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Messaging.Domain;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Messaging.Application.Accounts;

/// <summary>The result of comparing a password with hashes.</summary>
/// <param name="Matching">Indexes of the hashes that match the password.</param>
/// <param name="Better">
/// A matching hash in an earlier version's format, and the hash to store instead; null when none has to be replaced.
/// </param>
/// <param name="Rounds">Cost in rounds of PBKDF2, which a stranger could measure.</param>
public sealed record Verified(IReadOnlyList<int> Matching, (int Index, string Hash)? Better, long Rounds);

/// <summary>
/// Hashes and checks passwords with ASP.NET Core's hasher (PBKDF2 with HMAC-SHA512, a salt for each), in the
/// <see cref="HashingLane"/>. A password is its characters, however a keyboard writes them: it is normalised (NFKC,
/// NIST SP 800-63B 5.1.1.2) before it is hashed. Hashes of earlier versions, of fewer rounds and of what was typed,
/// stay valid and are replaced when their password is used.
/// </summary>
/// <param name="lane">The queue that bounds hashing.</param>
/// <param name="rounds">Rounds of PBKDF2 for a hash.</param>
public sealed class Passwords(HashingLane lane, int rounds = Passwords.Rounds)
{
    /// <summary>With a lane of its own.</summary>
    public Passwords()
        : this(new HashingLane())
    {
    }

    /// <summary>The fewest characters (NIST SP 800-63B 5.1.1.2).</summary>
    public const int Minimum = 8;

    /// <summary>The most characters.</summary>
    public const int Maximum = 200;

    /// <summary>Rounds of PBKDF2 where none are set (OWASP Password Storage Cheat Sheet, for HMAC-SHA512).</summary>
    public const int Rounds = 210_000;

    // A hash is 32 bytes, as ASP.NET Core's hasher has it; of any that is not longer than HMAC's, a round costs the
    // same.
    private const int HashBytes = 32;

    private static readonly object s_nobody = new();
    private static readonly byte[] s_salt = new byte[16];

    private readonly PasswordHasher<object> _hasher = new(
        Options.Create(new PasswordHasherOptions { IterationCount = rounds }));

    // Cost of a refusal, in rounds: two hashes, so that an address with accounts at two offices takes no longer than
    // one without any.
    private readonly int _roundsOfRefusal = 2 * rounds;

    /// <summary>Checks a newly chosen password. Passwords chosen earlier need not pass.</summary>
    /// <param name="field">The input field, as the API names it.</param>
    /// <param name="own">Facts that others know about the person: names, addresses.</param>
    public static Refusal? Check(string password, string field = "password", IReadOnlyList<string>? own = null) =>
        Text.Check(password, field, Maximum)
        ?? (
            Normalised(password).EnumerateRunes().Count() < Minimum
                ? new PasswordIsTooShort(field)
                : GuessablePasswords.Check(password, field, own ?? [])
        );

    /// <summary>
    /// A hash to keep, made here and now: for the start of the product, and for commands of its operator.
    /// </summary>
    public string Hash(string password) => _hasher.HashPassword(s_nobody, Normalised(password));

    /// <summary>A hash to keep. Takes a tenth of a second, on purpose.</summary>
    /// <exception cref="HashingIsBusyException">Too many wait.</exception>
    public Task<string> HashAsync(string password, HashingTurn turn, CancellationToken cancellation) =>
        lane.RunAsync(turn, () => Hash(password), cancellation);

    /// <summary>
    /// Compares a password with the hashes of some accounts. To refuse it takes the same number of rounds, whether
    /// there are none, one or two.
    /// </summary>
    /// <param name="password">At most <see cref="Maximum"/> characters.</param>
    /// <exception cref="HashingIsBusyException">Too many wait.</exception>
    public Task<Verified> VerifyAsync(
        IReadOnlyList<string> hashes, string password, HashingTurn turn,
        CancellationToken cancellation) => lane.RunAsync(turn, () => Verify(hashes, password), cancellation);

    private Verified Verify(IReadOnlyList<string> hashes, string password)
    {
        // Earlier versions hashed the typed characters as they were. Only a password that normalisation changes needs
        // both forms.
        var normalised = Normalised(password);
        string[] forms = normalised == password ? [password] : [normalised, password];
        var matching = new List<int>();
        int? outdated = null;
        var taken = 0L;
        for (var i = 0; i < hashes.Count; i++)
        {
            foreach (var form in forms)
            {
                var result = _hasher.VerifyHashedPassword(s_nobody, hashes[i], form);
                taken += RoundsOf(hashes[i]);
                if (result == PasswordVerificationResult.Failed) continue;
                matching.Add(i);
                if (result == PasswordVerificationResult.SuccessRehashNeeded || form != normalised) outdated ??= i;
                break;
            }
        }

        if (matching.Count > 0)
            return new Verified(matching, outdated is { } index ? (index, Hash(password)) : null, taken);
        var left = ((long)_roundsOfRefusal * forms.Length) - taken;
        if (left > 0) Rfc2898DeriveBytes.Pbkdf2(normalised, s_salt, (int)left, HashAlgorithmName.SHA512, HashBytes);
        return new Verified([], null, taken + Math.Max(left, 0));
    }

    // Reads version 3 of ASP.NET Core's format: a byte, then the hash function, the iterations, …, four bytes each. The
    // version before it has a thousand iterations.
    private static int RoundsOf(string hash)
    {
        Span<byte> begin = stackalloc byte[9];
        return hash.Length >= 12 && Convert.TryFromBase64Chars(hash.AsSpan(0, 12), begin, out _) && begin[0] == 1
            ? (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(begin[5..]), int.MaxValue / 8)
            : 1000;
    }

    private static string Normalised(string password)
    {
        try
        {
            return password.Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            // Ill-formed, which no password is.
            return password;
        }
    }
}

/// <summary>Fewer characters than a password must have.</summary>
public sealed record PasswordIsTooShort(string Field = "password")
    : Refusal(
        RefusalKind.Invalid, $"{Field} must have at least {Passwords.Minimum} characters.", Field,
        RefusalReason.PasswordIsTooShort);
