using System.CommandLine;
using System.CommandLine.Help;
using Messaging.Api.Hosting;

namespace Messaging.Api.Operating;

/// <summary>
/// Parses the command line: to serve, which needs no word, or one of the operator's commands. Settings may follow
/// (<c>--Messaging:Nodes=several</c>). An unknown word is refused before anything is started.
/// </summary>
internal static class CommandLine
{
    /// <summary>The exit code when it was done.</summary>
    public const int Done = 0;

    /// <summary>The exit code when it was not, or when something is wrong; a sentence says what.</summary>
    public const int Refused = 1;

    /// <summary>The exit code when the words are wrong; nothing was started.</summary>
    public const int WrongWords = 2;

    // Settings that the host reads beside sections: https://learn.microsoft.com/aspnet/core/fundamentals/host/web-host.
    private static readonly string[] s_hostSettings =
    [
        "urls", "http_ports", "https_ports", "environment", "contentRoot", "applicationName", "webRoot",
        "detailedErrors"
    ];

    private static readonly string[] s_sections = [Settings.Section, "ConnectionStrings", "Logging", "Kestrel"];

    /// <summary>Does what the words say.</summary>
    /// <returns>The exit code: <see cref="Done"/>, <see cref="Refused"/> or <see cref="WrongWords"/>.</returns>
    public static async Task<int> RunAsync(string[] words)
    {
        // A word that begins with @ names no file with more of them.
        var parser = new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false };
        var parsed = Root().Parse(words, parser);
        if (parsed.Action is HelpAction) return await Root(isForHelp: true).Parse(words, parser).InvokeAsync();
        if (WhatIsWrong(parsed) is { } wrong)
        {
            await Console.Error.WriteLineAsync(wrong);
            var name = parsed.CommandResult.Command is RootCommand ? "" : $"{parsed.CommandResult.Command.Name} ";
            await Console.Error.WriteLineAsync($"'{name}--help' says what there is.");
            return WrongWords;
        }

        // Signals and exceptions are for the command that runs.
        return await parsed.InvokeAsync(
            new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
    }

    /// <summary>All that can be said.</summary>
    /// <param name="isForHelp">Help would otherwise speak of additional arguments, which are the settings.</param>
    private static RootCommand Root(bool isForHelp = false)
    {
        var version = new Option<bool>("--version") { Description = "Says which version this is" };
        var root = new RootCommand(
            "Messaging: conversations between an accounting office and its customers. Without a command it serves.\n\n"
                + "Settings come from the environment (Messaging__Nodes=several), appsettings.json, or as words "
                    + "here (--Messaging:Nodes=several).\n"
                + "Exit codes: 0 done, 1 refused or something is wrong, 2 wrong words."
        )
        {
            HelpName = "dotnet Messaging.Api.dll",
        };
        root.Directives.Clear();
        root.Options.Remove(root.Options.OfType<VersionOption>().Single());
        root.Options.Add(version);
        foreach (
            var command in (Command[])
                [
                    Create(
                        "serve", "Serves the API, the web client and everything else, until it is told to stop",
                        parsed => Product.RunAsync([.. parsed.UnmatchedTokens])),
                    CreateOrganisation.Command(),
                    ListOrganisations.Command(),
                    CloseOrganisation.Deactivate(),
                    CloseOrganisation.Reactivate(),
                    ResetOwnerPassword.Command(),
                    ResetSecondFactor.Command(),
                    CheckConfig.Command(),
                    WriteBackup.Command(),
                    Restore.Command(),
                    Export.Command(),
                    Verify.Command(),
                    Retention.Command(),
                    Migrate.Command(),
                    Rebuild.Command(),
                    Recompute.Command(),
                    RemoveDemoData.Command(),
                    Create("version", "Says which version this is", _ => Task.FromResult(SayVersion())),
                ]
        )
        {
            // Unmatched words may be settings; a word that is neither is found here, with a guess at its meaning.
            command.TreatUnmatchedTokensAsErrors = isForHelp;
            root.Subcommands.Add(command);
        }

        root.TreatUnmatchedTokensAsErrors = isForHelp;
        root.SetAction(parsed =>
            parsed.GetValue(version) ? Task.FromResult(SayVersion()) : Product.RunAsync([.. parsed.UnmatchedTokens])
        );
        return root;
    }

    /// <summary>A command.</summary>
    /// <param name="options">Its options and arguments.</param>
    public static Command Create(
        string name, string description, Func<ParseResult, Task<int>> run, params ReadOnlySpan<Symbol> options)
    {
        var command = new Command(name, description);
        foreach (var option in options)
        {
            if (option is Option known) command.Options.Add(known);
            else command.Arguments.Add((Argument)option);
        }

        command.SetAction(run);
        return command;
    }

    /// <summary>A command of the operator's, which ends with a sentence rather than with a trace.</summary>
    public static Command Create(
        string name,
        string description,
        Func<ParseResult, CancellationToken, Task<int>> run,
        params ReadOnlySpan<Symbol> options
    ) => Create(name, description, parsed => RunAsync(stop => run(parsed, stop)), options);

    /// <summary>The settings among the words: a command that may have an argument takes them for it.</summary>
    public static IReadOnlyList<string> SettingsOf(ParseResult parsed) =>
        [.. parsed.UnmatchedTokens, .. Optional(parsed).Where(IsOption)];

    /// <summary>True of a word that is no argument.</summary>
    public static bool IsOption(string word) => word.StartsWith("--", StringComparison.Ordinal);

    /// <summary>Says why it was not done.</summary>
    public static async Task<int> RefuseAsync(string why, int code = Refused)
    {
        await Console.Error.WriteLineAsync(why);
        return code;
    }

    private static async Task<int> RunAsync(Func<CancellationToken, Task<int>> run)
    {
        using var termination = new Termination();
        try
        {
            return await run(termination.Asked);
        }
        catch (OperationCanceledException) when (termination.Asked.IsCancellationRequested)
        {
            return await RefuseAsync("It was told to stop before it was done.");
        }
        catch (Exception e) when (StartFailure.Of(e) is { } why)
        {
            return await RefuseAsync(why);
        }
    }

    private static int SayVersion()
    {
        Console.Out.WriteLine($"Messaging {ProductVersion.Whole}");
        return Done;
    }

    /// <summary>Returns the errors in the words, in a sentence for each; null when there are none.</summary>
    private static string? WhatIsWrong(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        IReadOnlyList<string> words =
            [.. SettingsOf(parsed), .. Optional(parsed).Where(word => !IsOption(word)).Skip(1)];
        var wrong = Unknown(words, command).ToList();

        // An unknown option may have taken another's value: other errors may only follow from it.
        if (wrong.Count > 0)
            return string.Join('\n', wrong);
        var missing = command
            .Options.Where(o => o.Required && parsed.GetResult(o) is null or { Implicit: true })
            .Select(o => $"{o.Name} is missing.")
            .ToList();
        var errors = missing.Count > 0 ? missing : [.. parsed.Errors.Select(e => e.Message)];
        return errors.Count > 0 ? string.Join('\n', errors) : null;
    }

    private static IEnumerable<string> Optional(ParseResult parsed) =>
        parsed.CommandResult.Command.Arguments.OfType<Argument<string[]>>()
            .SelectMany(argument => parsed.GetValue(argument) ?? []);

    private static IEnumerable<string> Unknown(IReadOnlyList<string> words, Command command)
    {
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i];
            var isOption = word.StartsWith("--", StringComparison.Ordinal);
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var name = (equals < 0 ? word : word[..equals])[(isOption ? 2 : 0)..];
            if (!IsSetting(name) || (!isOption && equals < 0))
            {
                yield return $"What is {(equals < 0 ? word : word[..equals])}?{Meant(name, isOption, command)}";

                // The next word is its value, or was meant for a command that does not exist.
                if (!isOption) yield break;
                if (equals < 0 && i + 1 < words.Count && !words[i + 1].StartsWith('-')) i++;
            }
            else if (IsBelow(Settings.Section, name) && !Settings.IsKnown(name))
            {
                yield return
                    "There is no setting "
                    + $"{name}.{(Settings.NearestTo(name) is { } near ? $" Did you mean --{near}?" : "")}";
            }
            else if (equals < 0)
            {
                // Its value is the next word. A command's own words would be mixed up with it.
                if (command is not RootCommand && command.Name != "serve")
                    yield return $"A setting of a command is one word: {word}=…";
                else if (++i == words.Count)
                    yield return $"{word} has no value.";
            }
        }
    }

    private static bool IsSetting(string name) =>
        s_hostSettings.Contains(name, StringComparer.OrdinalIgnoreCase)
        || s_sections.Any(section => IsBelow(section, name))
        || name.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase);

    private static bool IsBelow(string section, string name) =>
        name.StartsWith($"{section}:", StringComparison.OrdinalIgnoreCase);

    private static string Meant(string name, bool isOption, Command command)
    {
        // On the command line settings have colons.
        var setting = name.Replace("__", ":", StringComparison.Ordinal)
            .Replace("ASPNETCORE_", "", StringComparison.OrdinalIgnoreCase);
        if (isOption && IsSetting(setting))
            return $" Did you mean --{(Settings.IsKnown(setting) ? setting : Settings.NearestTo(setting) ?? setting)}?";
        var known =
            isOption
                ? command
                    .Options.Select(o => o.Name)
                    .Concat(s_hostSettings.Select(s => $"--{s}"))
                    .Append("--help")
                    .Concat(
                        setting.Contains(':', StringComparison.Ordinal)
                            ? Settings.All.Append(Settings.ConnectionString).Select(s => $"--{s}")
                            : []
                    )
            : command is RootCommand ? command.Subcommands.Select(c => c.Name)
            : [];
        return Nearest.To(isOption ? $"--{setting}" : name, known) is { } near ? $" Did you mean {near}?" : "";
    }
}
