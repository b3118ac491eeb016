using Microsoft.Playwright;

namespace Messaging.Web.Tests.Support;

/// <summary>Finds what is on the page as people and screen readers do: by its role and its name.</summary>
internal static class Finding
{
    public static ILocator Button(this ILocator within, string name) =>
        within.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public static ILocator Link(this ILocator within, string name) =>
        within.GetByRole(AriaRole.Link, new() { Name = name, Exact = true });

    /// <summary>A link whose name has a part.</summary>
    public static ILocator LinkWith(this ILocator within, string part) =>
        within.GetByRole(AriaRole.Link, new() { Name = part });

    public static ILocator Field(this ILocator within, string label) =>
        within
            .GetByRole(AriaRole.Textbox, new() { Name = label, Exact = true })
            .Or(within.GetByRole(AriaRole.Searchbox, new() { Name = label, Exact = true }));

    public static ILocator Combobox(this ILocator within, string label) =>
        within.GetByRole(AriaRole.Combobox, new() { Name = label, Exact = true });

    /// <summary>One of several that exclude each other; what is clicked is its label.</summary>
    public static ILocator Choice(this ILocator within, string group, string label) =>
        within
            .GetByRole(AriaRole.Radiogroup, new() { Name = group, Exact = true })
            .GetByText(label, new() { Exact = true });

    public static ILocator Heading(this ILocator within, string name) =>
        within.GetByRole(AriaRole.Heading, new() { Name = name, Exact = true });

    public static ILocator Region(this ILocator within, string name) =>
        within.GetByRole(AriaRole.Region, new() { Name = name, Exact = true });

    public static ILocator Dialog(this ILocator within, string name) =>
        within.GetByRole(AriaRole.Dialog, new() { Name = name });

    public static ILocator Text(this ILocator within, string text) => within.GetByText(text, new() { Exact = true });
}
