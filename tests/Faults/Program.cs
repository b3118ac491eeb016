using Messaging.Faults;

if (Options.Parse(args) is not { } options)
{
    await Console.Error.WriteLineAsync(Options.Usage);
    return 2;
}

var report = new Report(options);
foreach (var campaign in options.Only)
{
    report.Add(await campaign.RunAsync(options, Console.WriteLine));

    // After each: who ends the program early has what there is.
    await report.SaveAsync();
}

await Console.Out.WriteLineAsync(report.ToMarkdown());
await Console.Out.WriteLineAsync($"Also in {options.Output}");
return report.Failed ? 1 : 0;
