namespace Messaging.Api.Hosting;

/// <summary>State of this node: it serves, starts, or waits for read models that it can use.</summary>
public sealed class NodeState
{
    private volatile string? _start = "The product is starting.";
    private volatile string? _readModels;
    private volatile string? _left;

    /// <summary>
    /// The read models cannot be used any more: connected clients are to come back later, or elsewhere.
    /// </summary>
    public event Action? ReadModelsLost;

    /// <summary>Reason why it does not serve, in a sentence for the client; null when it does.</summary>
    public string? Why => _left ?? _start ?? _readModels;

    /// <summary>Reason why the read models cannot be used; null when they can, as far as this node knows.</summary>
    public string? WhyNotReadModels => _left ?? _readModels;

    /// <summary>True when the node serves no more, for good.</summary>
    public bool IsGone => _left is not null;

    /// <summary>Says how far the start is.</summary>
    /// <param name="what">A sentence.</param>
    public void IsStarting(string what) => _start = what;

    /// <summary>The start is through.</summary>
    public void HasStarted() => _start = null;

    /// <summary>The node serves no more, whatever becomes of the database; one that starts anew may.</summary>
    /// <param name="why">A sentence.</param>
    public void HasLeft(string why) => _left = why;

    /// <summary>Says whether the read models can be used.</summary>
    /// <param name="why">Reason why not, in a sentence; null when they can.</param>
    public void SetReadModels(string? why)
    {
        var isNews = why is not null && _readModels is null;
        _readModels = why;
        if (isNews) ReadModelsLost?.Invoke();
    }
}
