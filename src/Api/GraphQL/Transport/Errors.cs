using GraphQL;
using GraphQL.Validation;
using GraphQLParser;
using GraphQLParser.AST;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>An error whose code and message are ours, and may be sent.</summary>
internal sealed class CodedError : ExecutionError
{
    public CodedError(string code, string message) : base(message) => Code = code;

    /// <summary>The reference to the log, which tells more.</summary>
    public string? TraceId { get; init; }

    /// <summary>After how many seconds it is worth another try.</summary>
    public int? RetryAfter { get; init; }

    public static CodedError TooComplex(string message, GraphQLDocument? document = null, ASTNode? node = null) =>
        new CodedError(ErrorCodes.QueryTooComplex, message).AddLocation(node, document);

    public static CodedError BadInput(string message, GraphQLDocument? document = null, ASTNode? node = null) =>
        new CodedError(ErrorCodes.BadUserInput, message).AddLocation(node, document);

    public static CodedError BadInput(string message, Location location)
    {
        var error = new CodedError(ErrorCodes.BadUserInput, message);
        error.AddLocation(location);
        return error;
    }

    /// <summary>There is too much to do at the moment.</summary>
    public static CodedError Busy() =>
        new(ErrorCodes.RateLimited, "The server has too much to do. Try again in a moment.") { RetryAfter = 1 };

    public static CodedError InternalError(string traceId) =>
        new(ErrorCodes.Internal, "An internal error occurred.") { TraceId = traceId };
}

/// <summary>Ends a validation that has found enough.</summary>
internal sealed class ValidationEndedError(IReadOnlyList<ValidationError> errors) : ExecutionError("Too many errors.")
{
    public IReadOnlyList<ValidationError> Errors { get; } = errors;
}

/// <summary>
/// Ends the validation of a document once it has as many errors as an answer lists: each one costs a search for similar
/// names.
/// </summary>
internal sealed class ErrorLimitRule(int limit) : ValidationRuleBase, INodeVisitor
{
    public override ValueTask<INodeVisitor?> GetPreNodeVisitorAsync(ValidationContext context) => new(this);

    public ValueTask EnterAsync(ASTNode node, ValidationContext context) =>
        context.HasErrors && context.Errors.Count() >= limit
            ? throw new ValidationEndedError([.. context.Errors])
            : default;

    public ValueTask LeaveAsync(ASTNode node, ValidationContext context) => default;
}
