namespace Messaging.Api.Hosting;

/// <summary>
/// Everything that works in the background. The web server listens before it, so that a slow start can be told from a
/// process that hangs: the host starts the web server alone, and this is started when the database is as it has to be.
/// It is stopped after the web server, as the host would do.
/// </summary>
internal sealed class Work(
    [FromKeyedServices(Work.Key)] IEnumerable<IHostedService> services, IHostApplicationLifetime lifetime,
    ILogger<Work> logger) : IHostedService
{
    private const string Key = "work";

    private readonly Stack<IHostedService> _started = new();

    /// <summary>
    /// Takes over all services that the host would start. To be called when all are registered; the web server's is
    /// added later than that.
    /// </summary>
    public static void TakeOver(IServiceCollection services)
    {
        for (var i = 0; i < services.Count; i++)
        {
            if (services[i] is { ServiceType: var type, IsKeyedService: false } own && type == typeof(IHostedService))
                services[i] = Keyed(own);
        }

        services.AddSingleton<Work>();
        services.AddHostedService(provider => provider.GetRequiredService<Work>());
    }

    /// <summary>Starts it, one after the other, in the order of registration.</summary>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        foreach (var service in services)
        {
            cancellation.ThrowIfCancellationRequested();
            lock (_started) _started.Push(service);
            await service.StartAsync(cancellation);
            if (service is BackgroundService { ExecuteTask: { } running }) _ = WatchAsync(service, running);
        }
    }

    /// <summary>Starts nothing: see <see cref="BeginAsync"/>.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Stops the started services, the last one first.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var failures = new List<Exception>();
        while (Next() is { } service)
        {
            try
            {
                await service.StopAsync(cancellationToken);
            }
            catch (Exception e)
            {
                failures.Add(e);
            }
        }

        if (failures.Count > 0) throw new AggregateException(failures);

        IHostedService? Next()
        {
            lock (_started) return _started.TryPop(out var last) ? last : null;
        }
    }

    private static ServiceDescriptor Keyed(ServiceDescriptor own) =>
        own.ImplementationInstance is { } instance ? new ServiceDescriptor(own.ServiceType, Key, instance)
        : own.ImplementationFactory is { } factory
            ? new ServiceDescriptor(own.ServiceType, Key, (provider, _) => factory(provider), own.Lifetime)
        : new ServiceDescriptor(own.ServiceType, Key, own.ImplementationType!, own.Lifetime);

    // As the host does it: a product that only seems to work is worse than one that has ended.
    private async Task WatchAsync(IHostedService service, Task running)
    {
        try
        {
            await running;
        }
        catch (Exception) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // It was told to.
        }
        catch (Exception e)
        {
            logger.LogCritical(e, "{Service} has failed, and the product stops", service.GetType().Name);
            lifetime.StopApplication();
        }
    }
}
