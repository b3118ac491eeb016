using Marten;
using Messaging.Api.Hosting;

namespace Messaging.Application.Tests.Support;

/// <summary>The events of a product that is stopped, for commands that its planner is to find all at once.</summary>
internal sealed class StoreOn(RunningProduct product) : IAsyncDisposable
{
    public DocumentStore Store { get; } = DocumentStore.For(options =>
    {
        options.Connection(product.Database);
        options.UseMessaging();
    });

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
