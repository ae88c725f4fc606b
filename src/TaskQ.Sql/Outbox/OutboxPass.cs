using TaskQ.Backend;

namespace TaskQ.Sql.Outbox;

/// <summary>
/// What becomes of the messages of one reservation. 1. They are added in batches; what a batch refuses, one by one. 2. A message is refused
/// for what it is, or when it fails and the next one does not. 3. When two in a row fail, or the last one, the queue is away: that is no
/// attempt of theirs. 4. What is not tried then, or because the pass is over, is given back.
/// </summary>
/// <param name="deliveries">The messages.</param>
/// <param name="add">Adds messages; returns why they were refused, null when the queue has them.</param>
/// <param name="isOver">Whether no other message is to be added.</param>
internal sealed class OutboxPass(IReadOnlyList<Delivery> deliveries, Func<Delivery[], Task<Exception?>> add, Func<bool> isOver)
{
    private readonly List<(Delivery Delivery, Exception Error)> _doubtful = [];

    /// <summary>Those that the queue has.</summary>
    public List<Delivery> Added { get; } = [];

    /// <summary>Those that it refused, and why.</summary>
    public List<(Delivery Delivery, Exception Error)> Refused { get; } = [];

    /// <summary>Those that failed because it is away.</summary>
    public IReadOnlyList<Delivery> Failed => _doubtful.ConvertAll(static failed => failed.Delivery);

    /// <summary>Those that were not tried.</summary>
    public IEnumerable<Delivery> Untried => deliveries.Except(Added).Except(Refused.Select(static refused => refused.Delivery)).Except(Failed);

    /// <summary>How the queue failed that is away, null if it is not.</summary>
    public Exception? Outage => _doubtful.Count == 0 ? null : _doubtful[^1].Error;

    private bool IsAway => _doubtful.Count > 1;

    /// <summary>Adds what can be added.</summary>
    /// <param name="batchSize">How many at a time.</param>
    public async Task RunAsync(int batchSize)
    {
        for (int start = 0; start < deliveries.Count && !IsAway && !isOver(); start += batchSize)
        {
            Delivery[] part = [.. deliveries.Skip(start).Take(batchSize)];
            if (part.Length > 1 && await add(part).ConfigureAwait(false) is null)
            {
                Note(part);
                continue;
            }

            foreach (Delivery delivery in part)
            {
                if (IsAway || isOver())
                {
                    break;
                }

                await AddAsync(delivery).ConfigureAwait(false);
            }
        }
    }

    private async Task AddAsync(Delivery delivery)
    {
        Exception? error = await add([delivery]).ConfigureAwait(false);
        if (error is null)
        {
            Note([delivery]);
        }
        else if (error is PayloadException or InvalidDataException or ArgumentException or NotSupportedException)
        {
            Refused.Add((delivery, error));
        }
        else
        {
            _doubtful.Add((delivery, error));
        }
    }

    /// <summary>The queue is there: what failed before these failed by itself.</summary>
    private void Note(Delivery[] added)
    {
        Added.AddRange(added);
        Refused.AddRange(_doubtful);
        _doubtful.Clear();
    }
}
