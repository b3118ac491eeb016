using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Reports;

namespace Messaging.Api.GraphQL;

/// <content>Reports.</content>
public sealed partial class Query
{
    /// <summary>The figures of the office.</summary>
    [Allow(Access.Office)]
    public static ReportsNode Reports() => new();
}
