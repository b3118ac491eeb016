using Messaging.Application.Ports;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Messaging.Api.Files;

/// <summary>Adds where files are kept.</summary>
internal static class FileServices
{
    /// <summary>Adds <see cref="IFileStore"/>: a folder, by default <c>files</c> in the data directory.</summary>
    /// <exception cref="InvalidOperationException">A setting cannot be right; the host does not start with it.</exception>
    public static IServiceCollection AddFiles(this IServiceCollection services, IConfiguration configuration, string dataDirectory)
    {
        var store = new FolderFileStore(FileStoreOptions.Read(configuration, dataDirectory));
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(store);
        services.AddSingleton<IFileStore>(store);
        services.AddSingleton<Thumbnails>();
        services.AddHostedService(provider => provider.GetRequiredService<Thumbnails>());
        services.AddHostedService<StagedFilesSweep>();
        return services;
    }
}
