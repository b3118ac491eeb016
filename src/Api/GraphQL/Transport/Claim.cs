using GraphQL;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// The claim of one request, or of one update of a subscription, on the node: turns for its statements, and memory for
/// what is read, resolved and written. A batch is one request. A claim that is too large ends the request:
/// <see cref="Refusal"/>.
/// </summary>
internal sealed class Claim(Capacity capacity, GraphQLOptions options, Asker who) : ReadScope, IDisposable
{
    // Taken in steps, so that small amounts need not be taken from what all share.
    private const long Step = 256 * 1024;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _statements = new(options.MaxStatementsPerOperation);
    private long _read;
    private long _received;
    private long _expected;
    private long _written;
    private long _held;
    private long _taken;
    private bool _hasEnded;

    /// <summary>Who asks.</summary>
    public Asker Who => who;

    /// <summary>The time that a statement waits for its turn before the request is refused.</summary>
    public TimeSpan Patience { get; set; } = options.MaxWait;

    /// <summary>The reason why the request ends; null as long as it does not.</summary>
    public CodedError? Refusal { get; private set; }

    /// <summary>
    /// Waits for a turn to write the answer, where it is a large one: a processor is busy with it for some time.
    /// </summary>
    /// <returns>The turn; null where none is needed, or the claim has been refused.</returns>
    public async ValueTask<IDisposable?> WriteTurnAsync(CancellationToken cancellation)
    {
        if (Math.Max(_read, _expected) <= capacity.Memory.Free || Refusal is not null) return null;
        var turn = await capacity.WriteAsync(who, Patience, cancellation);
        if (turn is null) Refuse(CodedError.Busy());
        return turn;
    }

    /// <inheritdoc/>
    public override async ValueTask<IDisposable> EnterAsync(bool isHeavy, CancellationToken cancellation)
    {
        if (Refusal is { } refusal) throw Refuse(refusal);

        // Its own statements are not what it waits for in vain.
        await _statements.WaitAsync(cancellation);
        try
        {
            return new Turn(
                _statements,
                await capacity.StatementAsync(who, isHeavy, Patience, cancellation) ?? throw Refuse(CodedError.Busy()));
        }
        catch
        {
            _statements.Release();
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Spend(long bytes)
    {
        lock (_lock)
        {
            if (_read + bytes > 2L * options.MaxAnswerBytes)
                throw Refuse(
                    CodedError.TooComplex(
                        $"What is read for the answer takes more than {2L * options.MaxAnswerBytes} bytes. Ask "
                            + $"for less at once."
                    )
                );

            // A statement may end later than the operation that had waited for it long enough.
            if (_hasEnded) throw Refuse(CodedError.Busy());
            Hold(bytes);
            _read += bytes;
        }
    }

    /// <summary>
    /// Counts bytes that the answer will have at least. Throws where it will be too large, before any of it is written.
    /// </summary>
    public void Expect(long bytes)
    {
        lock (_lock)
        {
            _expected += bytes;
            if (_expected > options.MaxAnswerBytes) throw Refuse(TooLarge());
        }
    }

    /// <summary>Counts bytes of the request. Throws where all that is under way takes too much.</summary>
    public void Receive(long bytes)
    {
        lock (_lock)
        {
            Hold(bytes);
            _received += bytes;
        }
    }

    /// <summary>Counts bytes of the answer. Throws where it is too large.</summary>
    public void Write(int bytes)
    {
        lock (_lock)
        {
            _written += bytes;
            if (_written > options.MaxAnswerBytes) throw Refuse(TooLarge());
        }
    }

    /// <summary>Bytes of the answer that were written in vain.</summary>
    public void Unwrite(long bytes)
    {
        lock (_lock) _written -= bytes;
    }

    /// <summary>
    /// Counts memory that what was written is kept in, until <see cref="GiveBack"/>. Throws where it is too much.
    /// </summary>
    public void Keep(int bytes)
    {
        lock (_lock) Hold(bytes);
    }

    /// <summary>Releases the bytes that have been sent.</summary>
    public void GiveBack(int bytes)
    {
        lock (_lock)
        {
            _held -= bytes;
            Settle();
        }
    }

    /// <summary>Releases the memory of what was received, read and resolved: its result has been written.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _hasEnded = true;
            _held -= _read + _received;
            _read = _received = _expected = 0;
            Settle();
        }
    }

    private void Hold(long bytes)
    {
        var beyond = _held + bytes - capacity.Memory.Free - _taken;
        if (beyond > 0)
        {
            var more = (beyond + Step - 1) / Step * Step;
            if (!capacity.Memory.TryTake(who, more)) throw Refuse(CodedError.Busy());
            _taken += more;
        }

        _held += bytes;
    }

    private void Settle()
    {
        var needed = Math.Max(0, _held - capacity.Memory.Free);
        needed = (needed + Step - 1) / Step * Step;
        if (needed >= _taken) return;
        capacity.Memory.GiveBack(who, _taken - needed);
        _taken = needed;
    }

    private CodedError TooLarge() =>
        CodedError.TooComplex($"The answer is larger than {options.MaxAnswerBytes} bytes. Ask for less at once.");

    private RefusedClaimException Refuse(CodedError error)
    {
        lock (_lock) return new RefusedClaimException(Refusal ??= error);
    }

    private sealed class Turn(SemaphoreSlim own, IDisposable turn) : IDisposable
    {
        public void Dispose()
        {
            turn.Dispose();
            own.Release();
        }
    }
}

/// <summary>
/// A look-up for several fields waits for its turn on behalf of the first of them; its memory is counted for none, and
/// it is refused to nobody.
/// </summary>
internal sealed class LookUps(Capacity capacity, Asker who) : ReadScope
{
    /// <inheritdoc/>
    public override async ValueTask<IDisposable> EnterAsync(bool isHeavy, CancellationToken cancellation) =>
        (await capacity.StatementAsync(who, isHeavy, Timeout.InfiniteTimeSpan, cancellation))!;

    /// <inheritdoc/>
    public override void Spend(long bytes)
    {
        // Rows without texts, of what changed at one moment.
    }
}

/// <summary>Ends a request that claims too much, whatever of it has an answer already.</summary>
internal sealed class RefusedClaimException(CodedError error) : ExecutionError(error.Message)
{
    public CodedError Error => error;
}
