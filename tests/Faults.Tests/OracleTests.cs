using Messaging.Faults.Campaigns;
using Messaging.Faults.Load;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Faults.Tests;

/// <summary>
/// The oracle of the campaigns, on data that somebody has tampered with: one that finds nothing would be worth nothing.
/// </summary>
public sealed class OracleTests(ITestOutputHelper output)
{
    private const string Random = "00000000-0000-0000-0000-00000000abcd";

    [Fact]
    public async Task Each_loss_and_each_double_is_seen_and_nothing_else()
    {
        var options = Options.Parse(["--short", "--seed", "1"]).ShouldNotBeNull();
        var outcome = new Outcome("oracle", "tampering");
        await using var trial = new Trial(options, outcome, output.WriteLine);
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync();
        await trial.CompareAsync();
        outcome.Problems.ShouldBeEmpty();
        outcome.Acknowledged.ShouldBeGreaterThan(20);
        await trial.Node.StopAsync();

        // A row is changed, compared, and rebuilt by the comparison itself.
        await SeesAsync(
            trial, "delete from messaging.comments where id = (select id from messaging.comments limit 1)", f => f.Lost,
            "rows of comments");
        await SeesAsync(
            trial,
            "update messaging.conversations set version = 99 where id = (select id from messaging.conversations "
                + "limit 1)",
            f => f.Lost,
            "rows of conversations"
        );
        await SeesAsync(
            trial,
            """
            insert into messaging.status_tallies (tenant_id, responsible_administrator_id, status, change)
            select tenant_id, responsible_administrator_id, status, 1 from messaging.status_tallies group by 1, 2, 3
                having sum(change) > 0 limit 1
            """,
            f => f.Lost, "rows of status_tallies");
        await SeesAsync(
            trial,
            $"insert into messaging.comments select tenant_id, '{Random}', conversation_id, 999, author_kind, "
                + $"author_id, body, visibility, created_at, search from messaging.comments limit 1",
            f => f.Doubled,
            "rows of comments have no events"
        );

        await SeesAsync(
            trial, "delete from messaging.notifications where id = (select id from messaging.notifications limit 1)",
            f => f.Lost, "There is no notification of");
        await SeesAsync(
            trial,
            "update messaging.deliveries set address = 'else@example.org' where id = (select id from "
                + "messaging.deliveries where kind <> 'Invitation' limit 1)",
            f => f.Doubled,
            "nobody is to be told of"
        );
        await SeesAsync(
            trial,
            $"update messaging.deliveries set id = '{Random}' where id = (select id from messaging.deliveries "
                + $"where state = 'Sent' limit 1)",
            f => f.Lost,
            "no server has it"
        );

        trial.Ledger.Ask(new Promise(PromiseKind.Comment, Guid.NewGuid(), Guid.NewGuid(), "never asked again"));
        (await CompareAsync(trial)).Stuck.ShouldContain(line =>
            line.Contains("was never acknowledged", StringComparison.Ordinal)
        );
        var lost = new Promise(PromiseKind.Comment, Guid.NewGuid(), Guid.NewGuid(), "acknowledged and gone");
        trial.Ledger.Ask(lost);
        trial.Ledger.Acknowledge(lost);
        (await CompareAsync(trial)).Lost.ShouldContain($"Comment {lost.Id} was acknowledged and has no event");
    }

    private static async Task SeesAsync(Trial trial, string sql, Func<Findings, List<string>> which, string expected)
    {
        await using (var connection = await trial.Postgres!.OpenAsync())
        {
            await using var command = new NpgsqlCommand(sql, connection);
            (await command.ExecuteNonQueryAsync()).ShouldBePositive(sql);
        }

        which(await CompareAsync(trial)).ShouldContain(line => line.Contains(expected, StringComparison.Ordinal), sql);
    }

    private static async Task<Findings> CompareAsync(Trial trial)
    {
        var findings = new Findings();
        await new Oracle(trial.Postgres!.ConnectionString, trial.Mail).CompareAsync(trial.Ledger, findings);
        return findings;
    }
}
