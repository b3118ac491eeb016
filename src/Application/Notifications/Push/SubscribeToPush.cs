using System.Security.Cryptography;
using System.Text;
using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Projections.Storage;

namespace Messaging.Application.Notifications.Push;

/// <summary>Has a browser of the caller's told of their notifications. Subscribing again changes nothing.</summary>
/// <param name="Endpoint">The address at the browser's push service, which the browser was given.</param>
[Stored("SubscribeToPushCommand")]
public sealed record SubscribeToPushCommand(Caller Caller, string Endpoint) : Command(Caller)
{
    /// <summary>The most characters of an address.</summary>
    public const int EndpointMaximum = 1_000;

    /// <summary>The most browsers of a person; the one that subscribed first gives way.</summary>
    public const int Maximum = 10;

    /// <summary>The hash by which an address is found.</summary>
    internal static byte[] HashOf(string endpoint) => SHA256.HashData(Encoding.UTF8.GetBytes(endpoint));

    internal override void Read(ReadSet reads)
    {
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (Caller is not { SessionId: { } session, ApiToken: null }) return new PushNeedsASession();
        var (tenant, person, hash) = (Caller.TenantId, Caller.Actor.Id, HashOf(Endpoint));
        work.Write(
            $"""
             insert into messaging.push_subscriptions (
                 tenant_id, id, person_id, session_id, endpoint, endpoint_hash, created_at, attempts)
             values ({tenant}, {Guid.CreateVersion7()}, {person}, {session}, {Endpoint}, {hash}, clock_timestamp(), 0)
             on conflict (tenant_id, person_id, endpoint_hash) do update set session_id = excluded.session_id
             """);
        work.Write(
            $"""
             delete from messaging.push_subscriptions p
             where p.tenant_id = {tenant} and p.person_id = {person} and (
                 p.id in (
                     select o.id from messaging.push_subscriptions o
                     where o.tenant_id = {tenant} and o.person_id = {person} and o.endpoint_hash <> {hash}
                     order by o.created_at desc, o.id desc offset {Maximum - 1})
                 or not exists (
                     select from messaging.sessions s
                     where s.tenant_id = p.tenant_id and s.id = p.session_id and {Sql.Raw(Sessions.IsLive)}))
             """);
        return null;
    }
}

/// <summary>What is told ends with the session that asked for it.</summary>
public sealed record PushNeedsASession()
    : Refusal(RefusalKind.Forbidden, "Only a browser that is signed in is told of notifications.");
