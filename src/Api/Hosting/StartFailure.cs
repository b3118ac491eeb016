using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;
using Weasel.Core;

namespace Messaging.Api.Hosting;

/// <summary>Explains why the product cannot start, in a sentence for the operator.</summary>
internal static class StartFailure
{
    private const string Setting = "ConnectionStrings__Messaging";

    /// <summary>
    /// The sentence; null when the fault is ours, not a setting's or the database's, and the trace helps.
    /// </summary>
    public static string? Of(Exception e) =>
        e switch
        {
            SchemaMigrationException { InnerException: { } inner } when Of(inner) is { } why => why,
            SchemaMigrationException =>
                $"The database of {Setting} has tables that cannot be made what this version needs:"
                    + $" {OneLine(e.Message)} If they are somebody else's, give the product a database of its own.",
            InvalidOperationException => OneLine(e.Message) + ".",
            PostgresException refused => Of(refused),
            NpgsqlException => $"The PostgreSQL of {Setting} cannot be reached: {OneLine(Innermost(e).Message)}.",
            ArgumentException
                when e.StackTrace?.Contains("Npgsql.NpgsqlConnectionStringBuilder", StringComparison.Ordinal) is true
                    || e.StackTrace?.Contains("System.Data.Common.DbConnection", StringComparison.Ordinal) is true =>
                $"{Setting} is no connection string that Npgsql knows: {OneLine(e.Message)}. It looks like"
                    + " 'Host=localhost;Username=messaging;Password=…;Database=messaging'.",
            FormatException when e.Message.StartsWith("Invalid url", StringComparison.Ordinal) =>
                $"ASPNETCORE_URLS is no address to listen on: {OneLine(e.Message)}. It looks like "
                    + "'http://localhost:5080'.",
            InvalidDataException =>
                $"A file of settings cannot be read: {OneLine(e.Message)}: {OneLine(Innermost(e).Message)}.",
            UriFormatException => $"An address in the settings is none: {OneLine(e.Message)}.",
            CryptographicException => $"A certificate or key of the settings cannot be used: {OneLine(e.Message)}.",
            IOException or UnauthorizedAccessException or SocketException => OneLine(e.Message) + WhereToListen(e),
            _ => e.InnerException is { } inner ? Of(inner) : null,
        };

    // Returns only those of the server's words that name neither a password nor what people wrote.
    private static string Of(PostgresException refused) =>
        refused.SqlState switch
        {
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
                $"The PostgreSQL of {Setting} does not let the product in: {refused.MessageText}.",
            PostgresErrorCodes.InvalidCatalogName =>
                $"The PostgreSQL of {Setting} has no such database: {refused.MessageText}. Create it (createdb), "
                    + "owned by the product's role.",
            PostgresErrorCodes.InsufficientPrivilege =>
                $"The role of {Setting} may not do what the product needs: {refused.MessageText}. Let it own the "
                    + "database.",
            PostgresErrorCodes.ReadOnlySqlTransaction =>
                $"The PostgreSQL of {Setting} can only be read: {refused.MessageText}. Name the one that is "
                    + "written to.",
            _ => $"The PostgreSQL of {Setting} refuses: {refused.SqlState}: {refused.MessageText}.",
        };

    private static string WhereToListen(Exception e)
    {
        const SocketError Taken = SocketError.AddressAlreadyInUse,
            Foreign = SocketError.AddressNotAvailable,
            Forbidden = SocketError.AccessDenied;
        return Innermost(e) is SocketException { SocketErrorCode: Taken or Foreign or Forbidden }
            ? ". ASPNETCORE_URLS says where the product listens." : ".";
    }

    private static Exception Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e;

    private static string OneLine(string text) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');
}
