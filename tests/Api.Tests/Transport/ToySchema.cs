using System.Collections.Concurrent;
using System.Text.Json;
using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Files;

namespace Messaging.Api.Tests.Transport;

public enum Colour
{
    Red,
    DarkBlue,
}

/// <summary>What the toy schema stands on: two dozen books, and a log of what was fetched.</summary>
public sealed class Library
{
    public ConcurrentDictionary<int, string> Authors { get; } =
        new(Enumerable.Range(1, 5).Select(id => KeyValuePair.Create(id, $"Author {id}")));

    public ConcurrentQueue<string> Fetches { get; } = [];

    public ConcurrentQueue<string> Mutations { get; } = [];

    public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

public sealed class Author
{
    [Id]
    public string Id { get; init; } = "";

    public string Name { get; init; } = "";
}

public sealed class Book(int id)
{
    [Id]
    public string Id => id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public string Title => $"Book {id}";

    [Name("author")]
    public IDataLoaderResult<Author> Author(IResolveFieldContext context, [FromServices] Library library) =>
        Names(BatchLoaders.Of(context), library)
            .LoadRequiredAsync((id % 5) + 1)
            .Then(name => new Author { Id = $"{(id % 5) + 1}", Name = name });

    [Name("editor")]
    public IDataLoaderResult<string?> Editor(IResolveFieldContext context, [FromServices] Library library) =>
        Names(BatchLoaders.Of(context), library).LoadAsync(id + 100);

    [Name("translator")]
    public IDataLoaderResult<string> Translator(IResolveFieldContext context, [FromServices] Library library) =>
        Names(BatchLoaders.Of(context), library).LoadAsync(id + 100, "nobody");

    [Name("authorOfNext")]
    public IDataLoaderResult<string?> AuthorOfNext(IResolveFieldContext context, [FromServices] Library library) =>
        Nexts(BatchLoaders.Of(context), library)
            .LoadRequiredAsync(id)
            .ThenLoad(next => Names(BatchLoaders.Of(context), library).LoadAsync((next % 5) + 1));

    [Name("missing")]
    public IDataLoaderResult<string>? Missing(IResolveFieldContext context, [FromServices] Library library) =>
        Names(BatchLoaders.Of(context), library).LoadRequiredAsync(-id);

    [Name("related")]
    public BookConnection Related(int? first, int? last) => new(Enumerable.Range(1, first ?? last ?? 3));

    private static BatchLoader<int, string> Names(BatchLoaders loaders, Library library) =>
        loaders.For<int, string>("authors", async (ids, _) =>
        {
            await Task.Yield();
            library.Fetches.Enqueue($"authors {string.Join(',', ids.Order())}");
            return ids.Where(library.Authors.ContainsKey).ToDictionary(id => id, id => library.Authors[id]);
        });

    private static BatchLoader<int, int> Nexts(BatchLoaders loaders, Library library) =>
        loaders.For<int, int>("nexts", async (ids, _) =>
        {
            await Task.Yield();
            library.Fetches.Enqueue($"nexts {string.Join(',', ids.Order())}");
            return ids.ToDictionary(id => id, id => id + 1);
        });
}

public sealed class BookConnection(IEnumerable<int> ids)
{
    public IEnumerable<Book> Nodes => ids.Select(id => new Book(id)).ToList();

    public int? TotalCount => 24;
}

public sealed class Filter
{
    public Colour? Colour { get; set; }

    public DateTimeOffset? From { get; set; }

    public IEnumerable<string>? Words { get; set; }
}

public sealed class Query
{
    public static string Hello(string? name) => $"Hello {name ?? "world"}";

    public static string? Nothing() => null;

    public static Guid Key() => Guid.Parse("0192F0C0-0000-7000-8000-00000000000A");

    public static BookConnection Books(int? first, string? after, int? last) =>
        new(Enumerable.Range(1, first ?? last ?? 5));

    public static Colour Colour(Colour colour) => colour;

    public static string Filtered(Filter filter) =>
        ($"{filter.Colour} {filter.From?.ToString("O", System.Globalization.CultureInfo.InvariantCulture)} "
            + $"{string.Join(' ', filter.Words ?? [])}").Trim();

    public static DateTimeOffset? Echo(DateTimeOffset? at) => at;

    public static int? Number(int? value) => value;

    public static double? Real(double value) => value;

    public static string Text(string of, int times) => string.Concat(Enumerable.Repeat(of, times));

    public static string Length(string text) => $"{text.Length}";

    public static string LoneSurrogate() => "a\ud800b";

    public static JsonElement? Json(string? text) => text is null ? null : JsonElement.Parse(text);

    public static string Fails() => throw new InvalidOperationException("secret: the password is swordfish");

    public static string? MayFail() => throw new InvalidOperationException("secret: the password is swordfish");

    public static string? Refused(string kind) => throw (kind switch
    {
        "in" => RefusedException.Unauthenticated("Sign in first."),
        "may" => RefusedException.Forbidden("Not yours."),
        "rate" => RefusedException.RateLimited("Slower."),
        _ => RefusedException.BadUserInput("No such kind."),
    });

    public static string? Viewer(IResolveFieldContext context) =>
        context.UserContext.TryGetValue("name", out var name) ? (string?)name : null;

    public static async Task<string> Slow(
        [FromServices] Library library, int milliseconds, CancellationToken cancellationToken)
    {
        library.Started.TrySetResult();
        await Task.Delay(milliseconds, cancellationToken);
        return "done";
    }
}

public sealed record AuthorPayload(string? Before, Book Book);

public sealed class Mutation
{
    public static async Task<AuthorPayload> RenameAuthor(int id, string name, [FromServices] Library library)
    {
        await Task.Yield();
        library.Mutations.Enqueue(name);
        var before = library.Authors[id];
        library.Authors[id] = name;
        return new AuthorPayload(before, new Book(id - 1));
    }

    public static string Write([FromServices] Library library, string of, int times)
    {
        library.Mutations.Enqueue(of);
        return Query.Text(of, times);
    }

    public static string SignIn(IResolveFieldContext context, string email)
    {
        context.UserContext["name"] = email;
        return email;
    }

    public static async Task<string> UploadFile(
        MultipartFile file, [FromServices] IFileStore store, CancellationToken cancellationToken, bool release = false)
    {
        if (file.TooLarge) return $"TOO_LARGE {file.Limit}";
        if (release) return "released";
        var (staged, _) = await file.ClaimAsync(store, cancellationToken);
        await store.KeepAsync(staged!, Guid.CreateVersion7(), cancellationToken);
        return $"{file.FileName} {file.DeclaredMediaType} {staged!.Size} {staged.Sha256}";
    }

    public static string UploadFiles(IEnumerable<MultipartFile?> files) =>
        string.Join(' ', files.Select(file => $"{file?.FileName}:{file?.Staged?.Size}"));
}
