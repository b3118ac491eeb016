using Messaging.Api.Hosting;
using Messaging.Application.Ports;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Tests.Support;

/// <summary>The read models of a store without a node that would watch them: as the database says.</summary>
internal sealed class ReadModelsOf(StoreFixture store) : IReadModelAccess
{
    public bool CanBeUsed => store.Database.WhyNotUsableAsync(CancellationToken.None).GetAwaiter().GetResult() is null;

    public async Task WaitAsync(CancellationToken cancellation)
    {
        while (await store.Database.WhyNotUsableAsync(cancellation) is not null) await Task.Delay(50, cancellation);
    }

    public int HoldIn(NpgsqlBatch batch)
    {
        ReadModelFence.AddTo(batch);
        return ReadModelFence.Statements;
    }

    public bool IsRefusal(Exception exception) => Outage.IsBehindFence(exception);
}
