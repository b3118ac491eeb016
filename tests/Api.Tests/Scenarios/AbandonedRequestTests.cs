using System.Diagnostics;
using Messaging.TestSupport.Product;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>What nobody waits for any more stops, in the product and in its database.</summary>
public sealed class AbandonedRequestTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    // Each way that the read models are asked in.
    private static readonly string[] s_questions =
    [
        "{ conversations(filter: { search: \"belege oktober\" }) { totalCount nodes { id lastComment { body } "
            + "customer { name } } } }",
        "{ conversations { nodes { id comments { nodes { body files { name } } } unreadCommentCount } } }",
        "{ conversationCounts { total unread } }",
        "{ customers(search: \"krause\") { totalCount nodes { contacts { displayName } conversations { "
            + "totalCount nodes { id } } } } }",
        "{ administrators { totalCount nodes { displayName } } }",
        "{ reports { backlog(at: \"2026-01-01T00:00:00Z\") { total } workload { open } activity(from: "
            + "\"2026-01-01T00:00:00Z\", to: \"2026-02-01T00:00:00Z\", interval: DAY) { created } } }",
        "{ viewer { displayName notifications { totalCount nodes { id } } } organisation { name } }",
        "{ node(id: \"0197a000-0000-7000-8000-000000000000\") { id } }",
    ];

    private RunningProduct _product = null!;
    private GraphQLClient _anna = null!;
    private NpgsqlConnection _others = null!;
    private NpgsqlConnection _watch = null!;

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync();
        _anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");

        // Signing in may take longer than that, beside other tests.
        await _product.StopAsync();
        await _product.StartAgainAsync(new() { ["Messaging:GraphQL:Timeout"] = "00:00:01.5" });
        (_others, _watch) = (
            new NpgsqlConnection(_product.ConnectionString), new NpgsqlConnection(_product.ConnectionString));
        await _others.OpenAsync();
        await _watch.OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _others.DisposeAsync();
        await _watch.DisposeAsync();
        await _product.DisposeAsync();
    }

    [Fact]
    public async Task A_question_stops_when_its_client_has_gone()
    {
        await using var locked = await LockAsync();
        foreach (var question in s_questions)
        {
            using var gone = new CancellationTokenSource();
            using var request = Request(question);
            var asked = _product.Http.SendAsync(request, gone.Token);
            await UntilAsync(waiting => waiting.Count > 0, $"asks: {question}");
            await gone.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(asked);

            // Before the time limit would have ended it.
            await UntilAsync(waiting => waiting.Count == 0, $"stops: {question}", TimeSpan.FromSeconds(1.2));
        }
    }

    [Fact]
    public async Task A_question_stops_when_its_time_is_over()
    {
        await using var locked = await LockAsync();
        foreach (var question in s_questions)
        {
            var clock = Stopwatch.StartNew();
            var answer = await _anna.SendAsync(question);
            (answer.ErrorCode, answer.ErrorMessage).ShouldBe(
                ("INTERNAL", "The operation took too long: it was stopped after 1.5 s."), question);
            clock.Elapsed.ShouldBeLessThan(s_patience);
            await UntilAsync(waiting => waiting.Count == 0, $"stops: {question}");
        }
    }

    private HttpRequestMessage Request(string question)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/graphql");
        request.Headers.Authorization = new("Bearer", _anna.Token);
        request.Content = System.Net.Http.Json.JsonContent.Create(new { query = question });
        return request;
    }

    /// <summary>Lets nobody read until it is disposed of.</summary>
    private async Task<NpgsqlTransaction> LockAsync()
    {
        // Not what the product reads by itself, nor who somebody is.
        var tables = new List<string>();
        await using (
            var command = new NpgsqlCommand(
                "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'messaging' and "
                    + "tablename not like 'mt!_%' escape '!' and tablename not in ('accounts', 'sessions', "
                    + "'second_factors', 'second_factor_requirements', 'deliveries')",
                _others
            )
        )
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
        }

        var transaction = await _others.BeginTransactionAsync();
        await using var locking = new NpgsqlCommand(
            $"lock table {string.Join(", ", tables)} in access exclusive mode", _others, transaction);
        await locking.ExecuteNonQueryAsync();
        return transaction;
    }

    /// <summary>
    /// The statements that wait for a table, but for those by which mails of the demo data are planned and go out, and
    /// the format of the read models is watched, and what is removed when its time has come, meanwhile.
    /// </summary>
    private async Task<List<string>> WaitingAsync()
    {
        await using var command = new NpgsqlCommand(
            "select query from pg_stat_activity where datname = current_database() and state = 'active' and "
                + "wait_event_type = 'Lock' and query !~* "
                + "'deliveries|read_model_formats|insert|update |delete |as k\\(tenant, stream'",
            _watch
        );
        await using var reader = await command.ExecuteReaderAsync();
        var waiting = new List<string>();
        while (await reader.ReadAsync()) waiting.Add(reader.GetString(0));
        return waiting;
    }

    private async Task UntilAsync(Func<List<string>, bool> isSo, string what, TimeSpan? patience = null)
    {
        List<string> waiting;
        for (var clock = Stopwatch.StartNew(); !isSo(waiting = await WaitingAsync()); await Task.Delay(20))
            clock.Elapsed.ShouldBeLessThan(patience ?? s_patience, $"{what}\n{string.Join("\n", waiting)}");
    }
}
