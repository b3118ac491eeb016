using Messaging.Api.Files.Scanning;
using Messaging.Application.Files;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Messaging.Api.Files;

/// <summary>Adds where files are kept.</summary>
internal static class FileServices
{
    /// <summary>Adds <see cref="IFileStore"/>: a folder, by default <c>files</c> in the data directory.</summary>
    /// <exception cref="InvalidOperationException">
    /// A setting cannot be right; the host does not start with it.
    /// </exception>
    public static IServiceCollection AddFileStore(
        this IServiceCollection services, IConfiguration configuration, string dataDirectory)
    {
        var store = new FolderFileStore(FileStoreOptions.Read(configuration, dataDirectory));
        services.AddSingleton(store);
        services.AddSingleton<IFileStore>(store);
        return services;
    }

    /// <summary>Adds the store, the work on files that have arrived, and the sweep that removes them.</summary>
    /// <exception cref="InvalidOperationException">
    /// A setting cannot be right; the host does not start with it.
    /// </exception>
    public static IServiceCollection AddFiles(
        this IServiceCollection services, IConfiguration configuration, string dataDirectory)
    {
        services.AddFileStore(configuration, dataDirectory);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(FileStoreOptions.ReadQuotas(configuration));
        services.AddSingleton(RefusedTypes.Read(configuration));
        services.AddSingleton<ArrivingFiles>();
        services.AddSingleton<CheckedFiles>();
        services.AddSingleton<AttachedFiles>();
        services.AddSingleton<FilesCheck>();
        services.AddSingleton<UploadBacklog>();
        if (ScannerOptions.Read(configuration) is { } scanner)
            services.AddSingleton<IFileScanner>(new ClamAvScanner(scanner));
        Add<Scans>();
        Add<Thumbnails>();
        Add<AfterUpload>();
        Add<FilesSweep>();
        return services;

        void Add<T>()
            where T : BackgroundService
        {
            services.AddSingleton<T>();
            services.AddHostedService(provider => provider.GetRequiredService<T>());
        }
    }
}
