using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Projections.Storage;

namespace Messaging.Application.Accounts;

/// <summary>What commands about second factors share.</summary>
internal static class SecondFactorChanges
{
    /// <summary>Records what the caller did with their own second factor.</summary>
    public static Refusal? RecordFactor(this UnitOfWork work, Caller caller, SecondFactorChange change) =>
        work.Record(
            caller.Actor.Id,
            PersonLifecycle.Decide(
                new PersonCommand.ChangeSecondFactor(change), work.State<Person>(caller.Actor.Id), caller.Actor,
                PersonKind.Of(caller.Actor)));

    /// <summary>Gives an identity these recovery codes, and none of before.</summary>
    public static void ReplaceRecoveryCodes(this UnitOfWork work, Guid identityId, IReadOnlyList<string> hashes)
    {
        work.Write($"delete from messaging.recovery_codes where identity_id = {identityId}");
        if (hashes.Count == 0) return;
        work.Write(
            $"""
            insert into messaging.recovery_codes (identity_id, code_hash, created_at)
            select {identityId}::uuid, h, {work.Now} from unnest({hashes.ToArray()}::text[]) h
            """);
    }

    /// <summary>Ends sign-ins of all accounts of an identity; API tokens go on.</summary>
    /// <param name="which">A condition on a session <c>s</c>; null for all.</param>
    public static void EndSessionsOf(this UnitOfWork work, Guid identityId, Sql? which = null) => work.Write(
        Sessions.EndOf(
            Sql.Of($"(select tenant_id, person_id from messaging.accounts where identity_id = {identityId})"),
            keepsApiTokens: true, which));
}
