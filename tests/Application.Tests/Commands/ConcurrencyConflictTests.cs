using Messaging.Application.Commands;
using Messaging.Application.Tests.Support;
using Npgsql;

namespace Messaging.Application.Tests.Commands;

/// <summary>How a statement says that what a command was decided on has changed.</summary>
public sealed class ConcurrencyConflictTests(StoreFixture store) : IClassFixture<StoreFixture>
{
    [Fact]
    public async Task It_is_raised_where_the_condition_does_not_hold_and_told_from_everything_else()
    {
        (await store.ScalarAsync<int>($"select {ConcurrencyConflict.Unless("1 = 1", "One is one.")}")).ShouldBe(0);
        var raised = await Should.ThrowAsync<PostgresException>(
            () => store.ScalarAsync<int>($"select {ConcurrencyConflict.Unless("1 = 2", "One is not two.")}"));
        raised.MessageText.ShouldBe("One is not two.");
        ConcurrencyConflict.Is(raised).ShouldBeTrue();
        ConcurrencyConflict.Is(new InvalidOperationException("Wrapped.", raised)).ShouldBeTrue();

        var other = await Should.ThrowAsync<PostgresException>(() => store.ScalarAsync<int>("select 1 / 0"));
        ConcurrencyConflict.Is(other).ShouldBeFalse();
        var ended = await Should.ThrowAsync<PostgresException>(
            () => store.ScalarAsync<int>(
                $"select {CallerSessions.AllLast("array['nobody']", $"array['{Guid.NewGuid()}'::uuid]")}"));
        ConcurrencyConflict.Is(ended).ShouldBeFalse();
        ended.MessageText.ShouldBe("A session has ended.");
    }

    [Theory]
    [InlineData("drop function messaging.raise(text, text)")]
    [InlineData(
        "create or replace function messaging.raise(condition text, what text) returns integer language plpgsql as "
            + "$$begin return 1; end$$")]
    public async Task A_start_makes_the_function_where_it_is_missing_or_another_one(string before)
    {
        await store.ScalarAsync<int>(before);
        await store.Store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        ConcurrencyConflict
            .Is(
                await Should.ThrowAsync<PostgresException>(
                    () => store.ScalarAsync<int>($"select {ConcurrencyConflict.Unless("false", "Never.")}")))
            .ShouldBeTrue();
        await store.Store.Storage.Database.AssertDatabaseMatchesConfigurationAsync(
            TestContext.Current.CancellationToken);
    }
}
