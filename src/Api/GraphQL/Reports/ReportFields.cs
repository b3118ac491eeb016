using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Reports;

namespace Messaging.Api.GraphQL;

/// <content>Reports.</content>
public sealed partial class Query
{
    /// <summary>How the office is doing.</summary>
    [Allow(Access.Office)]
    public static ReportsNode Reports() => new();
}
