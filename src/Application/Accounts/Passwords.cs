using Messaging.Domain;
using Microsoft.AspNetCore.Identity;

namespace Messaging.Application.Accounts;

/// <summary>Hashes and checks passwords with ASP.NET Core's hasher (PBKDF2 with HMAC-SHA512, a salt for each).</summary>
public sealed class Passwords
{
    /// <summary>The fewest characters (NIST SP 800-63B 5.1.1.2).</summary>
    public const int Minimum = 8;

    /// <summary>The most characters.</summary>
    public const int Maximum = 200;

    private static readonly object s_nobody = new();
    private readonly PasswordHasher<object> _hasher = new();
    private readonly string _nobodysHash;

    /// <summary>Prepares a hash that no password has, to check against where there is no account.</summary>
    public Passwords() => _nobodysHash = Hash(Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)));

    /// <summary>Checks a password that somebody chose.</summary>
    /// <param name="field">The input field, as the API names it.</param>
    public static Refusal? Check(string password, string field = "password") =>
        Text.Check(password, field, Maximum) ?? (password.EnumerateRunes().Count() < Minimum ? new PasswordIsTooShort(field) : null);

    /// <summary>A hash to keep. Takes tens of milliseconds, on purpose.</summary>
    public string Hash(string password) => _hasher.HashPassword(s_nobody, password);

    /// <summary>Whether it is the password of the hash; without a hash it takes as long to say no.</summary>
    public bool Verify(string? hash, string password) =>
        _hasher.VerifyHashedPassword(s_nobody, hash ?? _nobodysHash, password) != PasswordVerificationResult.Failed && hash is not null;
}

/// <summary>Fewer characters than a password must have.</summary>
public sealed record PasswordIsTooShort(string Field = "password") : Refusal(RefusalKind.Invalid, $"{Field} must have at least {Passwords.Minimum} characters.", Field);
