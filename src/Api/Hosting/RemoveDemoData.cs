using Messaging.Application.Ports;

namespace Messaging.Api.Hosting;

/// <summary>The command that removes the demo organisations from a database that was tried out in Development: <c>remove-demo-data</c>.</summary>
internal static class RemoveDemoData
{
    /// <summary>The command's name.</summary>
    public const string Name = "remove-demo-data";

    /// <summary>Runs it on the product's database, while the product does not run, here neither: nothing is to be written of them meanwhile.</summary>
    /// <returns>The exit code: 0 done, 2 wrong arguments or Development, where the next start would create them again.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments.Length > 0) return await FailAsync($"{Name} has no arguments, not {arguments[0]}.");
        await using var product = await Product.BuildAsync([], builder => builder.Configuration["urls"] = "http://127.0.0.1:0");
        if (product.Services.GetRequiredService<IHostEnvironment>().IsDevelopment())
            return await FailAsync("In Development the next start would create them again: set ASPNETCORE_ENVIRONMENT=Production.");
        var (files, rows) = await product.Services.GetRequiredService<DemoOrganisations>().RemoveAsync(CancellationToken.None);
        foreach (var file in files) await product.Services.GetRequiredService<IFileStore>().DeleteAsync(file, CancellationToken.None);
        await Console.Out.WriteLineAsync(rows > 0 ? $"Removed the demo organisations: {rows} rows, {files.Count} files." : "There are no demo organisations.");
        return 0;
    }

    private static async Task<int> FailAsync(string message)
    {
        await Console.Error.WriteLineAsync(message);
        return 2;
    }
}
