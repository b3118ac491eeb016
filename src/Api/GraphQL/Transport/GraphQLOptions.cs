namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// The facts that the transport has to know of the product it serves, and that no setting of its own decides.
/// </summary>
/// <param name="FileBytes">The most bytes of a file.</param>
/// <param name="PageSize">The size of a page that does not say its size.</param>
/// <param name="PageSizeMaximum">The most that a page may have.</param>
public sealed record GraphQLBounds(long FileBytes, int PageSize, int PageSizeMaximum);

/// <summary>The limits of the endpoint, from <c>Messaging:GraphQL</c>. The README says why each is there.</summary>
public sealed class GraphQLOptions
{
    /// <summary>The section's path.</summary>
    public const string Section = "Messaging:GraphQL";

    /// <summary>Bytes of a JSON body, or of the part <c>operations</c> of a multipart body.</summary>
    public int MaxRequestBytes { get; init; } = 1024 * 1024;

    /// <summary>Characters of a document.</summary>
    public int MaxDocumentLength { get; init; } = 32 * 1024;

    /// <summary>Tokens of a document: names, values, punctuation marks and comments.</summary>
    public int MaxTokens { get; init; } = 8000;

    /// <summary>Fields below one another, fragments expanded.</summary>
    public int MaxDepth { get; init; } = 15;

    /// <summary>Fragment definitions of a document.</summary>
    public int MaxFragments { get; init; } = 100;

    /// <summary>Selections of a document, fragments expanded.</summary>
    public int MaxSelections { get; init; } = 1000;

    /// <summary>Fields that answer under the same name at the same place, fragments expanded.</summary>
    public int MaxRepeats { get; init; } = 20;

    /// <summary>Aliases of a document.</summary>
    public int MaxAliases { get; init; } = 50;

    /// <summary>Directives of a document.</summary>
    public int MaxDirectives { get; init; } = 50;

    /// <summary>Literal values of a document, those inside of lists and objects included.</summary>
    public int MaxValues { get; init; } = 1000;

    /// <summary>Operations of a document.</summary>
    public int MaxOperations { get; init; } = 10;

    /// <summary>Variables of an operation.</summary>
    public int MaxVariables { get; init; } = 100;

    /// <summary>Errors that an answer lists.</summary>
    public int MaxErrors { get; init; } = 20;

    /// <summary>The estimated number of fields of all answers to a request.</summary>
    public int MaxComplexity { get; init; } = 20_000;

    /// <summary>The page size that the estimate takes for a page that does not say its size.</summary>
    public int DefaultPageSize { get; init; }

    /// <summary>The most that 'first' and 'last' may ask for.</summary>
    public int MaxPageSize { get; init; }

    /// <summary>
    /// Operations that one viewer may send to one node in a minute; who is not signed in, from one network address.
    /// </summary>
    public int MaxOperationsPerMinute { get; init; } = 6000;

    /// <summary>The estimated number of fields that one viewer may ask of one node in a minute.</summary>
    public int MaxComplexityPerMinute { get; init; } = 3_000_000;

    /// <summary>
    /// Bytes of an answer, and of the answers to a batch together; what is read and resolved for it may take twice as
    /// many in memory.
    /// </summary>
    public int MaxAnswerBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Bytes of memory that all answers under way on a node may take together; a quarter of what the process has unless
    /// set.
    /// </summary>
    public long? MaxBytesUnderWay { get; init; }

    /// <summary>Operations of one HTTP request.</summary>
    public int MaxBatch { get; init; } = 10;

    /// <summary>Mutation fields of one HTTP request, by whatever alias and in whatever operation of a batch.</summary>
    public int MutationFieldLimit { get; init; } = 10;

    /// <summary>Mutation fields that may come less often in one HTTP request: their names and how often.</summary>
    public Dictionary<string, int> FieldLimits { get; init; } =
        new()
        {
            ["signIn"] = 1,
            ["acceptInvitation"] = 1,
            ["changePassword"] = 1,
            ["createApiToken"] = 1,
            ["requestEmailChange"] = 1,
        };

    /// <summary>Files of one HTTP request.</summary>
    public int MaxFiles { get; init; } = 10;

    /// <summary>
    /// Bytes that a file may have, as the file store has it: decides when the body of an upload is cut.
    /// </summary>
    internal long MaxFileBytes { get; private init; }

    /// <summary>The time limit of an operation.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The time limit for a JSON body to arrive.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The time limit for a multipart body to arrive.</summary>
    public TimeSpan UploadTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// Operations that run at once, queries and mutations each; others wait. An organisation has a quarter of them at
    /// most.
    /// </summary>
    public int MaxConcurrentOperations { get; init; } = 256;

    /// <summary>
    /// Operations of one viewer that run at once, queries and mutations each; others wait. Anonymous connections: eight
    /// times as many from one network.
    /// </summary>
    public int MaxOperationsPerViewer { get; init; } = 8;

    /// <summary>
    /// Operations of one viewer that may wait for their turn; sixteen times as many of an organisation.
    /// </summary>
    public int MaxWaitingPerViewer { get; init; } = 64;

    /// <summary>Statements of one operation that are at the database at once.</summary>
    public int MaxStatementsPerOperation { get; init; } = 4;

    /// <summary>
    /// Statements of one organisation that are at the database at once, but for commits; a quarter of the connections
    /// unless set.
    /// </summary>
    public int? MaxStatementsPerOrganisation { get; init; }

    /// <summary>
    /// Statements that look at much (reports, counts, searches) that are at the database at once, 3 at least; one
    /// viewer has half of them at most, as an organisation has. As many as there are processors unless set.
    /// </summary>
    public int? MaxHeavyStatements { get; init; }

    /// <summary>The time that an operation waits for its turn before it is refused.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Asynchronous fields of one operation that run at once.</summary>
    public int MaxParallelFields { get; init; } = 32;

    /// <summary>Characters of all documents kept parsed and validated.</summary>
    public int DocumentCacheLength { get; init; } = 1_000_000;

    /// <summary>True when clients may ask for the schema. Otherwise errors suggest no names either.</summary>
    public bool Introspection { get; init; } = true;

    /// <summary>A manifest of trusted documents, or a folder of manifests.</summary>
    public string? TrustedDocuments { get; init; }

    /// <summary>True when only trusted documents may run.</summary>
    public bool TrustedDocumentsOnly { get; init; }

    /// <summary>
    /// True to serve the page <c>/graphiql</c>. It shows the schema only to whom <see cref="Introspection"/> does.
    /// </summary>
    public bool Explorer { get; init; }

    /// <summary>Subscriptions that one person may have open on one node.</summary>
    public int MaxSubscriptionsPerViewer { get; init; } = 100;

    /// <summary>WebSockets and event streams that one person may have open on one node.</summary>
    public int MaxConnectionsPerViewer { get; init; } = 50;

    /// <summary>Operations, subscriptions among them, that may be open on one WebSocket.</summary>
    public int MaxOperationsPerConnection { get; init; } = 100;

    /// <summary>WebSockets that may be open from one network address without having said yet who they are.</summary>
    public int MaxUnknownConnectionsPerAddress { get; init; } = 50;

    /// <summary>The time limit for a WebSocket to authenticate.</summary>
    public TimeSpan InitTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The time limit for a client to receive a message; one that does not is let go.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The interval of keep-alives on an event stream without events.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Origins whose pages may open WebSockets, such as <c>https://app.example</c>, beside the server's own.
    /// </summary>
    public string[] Origins { get; init; } = [];

    /// <summary>Reads and checks the settings.</summary>
    /// <param name="bounds">The product's bounds.</param>
    /// <exception cref="InvalidOperationException">A setting cannot be right; the message names it.</exception>
    public static GraphQLOptions Read(IConfiguration configuration, GraphQLBounds bounds)
    {
        var options = new GraphQLOptions
        {
            MaxFileBytes = bounds.FileBytes,
            DefaultPageSize = bounds.PageSize,
            MaxPageSize = bounds.PageSizeMaximum,
        };
        configuration.GetSection(Section).Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);

        foreach (var property in typeof(GraphQLOptions).GetProperties())
        {
            switch (property.GetValue(options))
            {
                case int number:
                    Require(property.Name, number > 0, "has to be 1 or more");
                    break;
                case long number:
                    Require(property.Name, number > 0, "has to be 1 or more");
                    break;
                case TimeSpan time:
                    Require(
                        property.Name, time > TimeSpan.Zero && time <= TimeSpan.FromDays(1),
                        "has to be more than 0 and a day at most");
                    break;
            }
        }
        Require(
            nameof(TrustedDocumentsOnly),
            !options.TrustedDocumentsOnly || !string.IsNullOrEmpty(options.TrustedDocuments), "needs TrustedDocuments");
        Require(nameof(MaxDepth), options.MaxDepth <= 50, "has to be 50 or less: deeper documents endanger the stack");
        Require(
            nameof(MaxFragments), options.MaxFragments <= 200,
            "has to be 200 or less: longer chains endanger the stack");
        Require(
            nameof(MaxPageSize),
            options.MaxPageSize >= bounds.PageSize && options.MaxPageSize <= bounds.PageSizeMaximum,
            $"has to be {bounds.PageSize} to {bounds.PageSizeMaximum}");
        foreach (var (field, limit) in options.FieldLimits)
            Require($"{nameof(FieldLimits)}:{field}", limit > 0, "has to be 1 or more");
        return options;
    }

    private static void Require(string setting, bool isRight, string rule)
    {
        if (!isRight) throw new InvalidOperationException($"The setting {Section}:{setting} {rule}.");
    }
}
