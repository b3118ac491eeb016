using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Fluid;

namespace Messaging.Api.Email;

/// <summary>The Liquid templates in the assembly, below <c>Email/Templates</c>.</summary>
internal static class Templates
{
    private static readonly FluidParser s_parser = new();
    private static readonly ConcurrentDictionary<string, IFluidTemplate> s_parsed = new();
    private static readonly TemplateOptions s_options = new() { MaxSteps = 100_000 };

    // Encodes HTML's special characters, and leaves ä and é readable in the source.
    private static readonly HtmlEncoder s_encoder = HtmlEncoder.Create(UnicodeRanges.All);

    /// <summary>Renders a template in which each value is encoded for HTML.</summary>
    public static string Html(string name, IReadOnlyDictionary<string, object?> values) =>
        Template(name).Render(Context(values), s_encoder);

    /// <summary>Renders a template whose values stay as they are.</summary>
    public static string Text(string name, IReadOnlyDictionary<string, object?> values) =>
        Template(name).Render(Context(values), NullEncoder.Default);

    private static TemplateContext Context(IReadOnlyDictionary<string, object?> values)
    {
        var context = new TemplateContext(s_options);
        foreach (var (key, value) in values) context.SetValue(key, value);
        return context;
    }

    private static IFluidTemplate Template(string name) => s_parsed.GetOrAdd(name, static name =>
    {
        using var stream = typeof(Templates).Assembly.GetManifestResourceStream($"Email/{name}")
            ?? throw new InvalidOperationException($"There is no template {name}.");
        using var reader = new StreamReader(stream);
        return s_parser.TryParse(reader.ReadToEnd(), out var template, out var error)
            ? template : throw new InvalidOperationException($"The template {name} is wrong: {error}");
    });
}
