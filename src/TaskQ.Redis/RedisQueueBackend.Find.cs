using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Redis.Scripts;
using TaskQ.Redis.Store;

namespace TaskQ.Redis;

/// <summary>Finding. A list is read in pages, so it shows a queue that changes meanwhile.</summary>
internal sealed partial class RedisQueueBackend
{
    private const int PageSize = 200;

    private static readonly (MessageState State, string Letter)[] States =
    [
        (MessageState.Ready, "R"),
        (MessageState.Delayed, "D"),
        (MessageState.InFlight, "F"),
        (MessageState.Dead, "X"),
    ];

    public async ValueTask<StoredMessage?> GetAsync(Guid id, CancellationToken cancellationToken)
    {
        FoundMessage? found = await FindOneAsync(id, cancellationToken).ConfigureAwait(false);
        return found?.Message;
    }

    public async ValueTask<IReadOnlyList<StoredMessage>> ListAsync(MessageFilter filter, int max, CancellationToken cancellationToken)
    {
        var matches = new List<StoredMessage>();
        foreach ((MessageState state, string letter) in States)
        {
            if ((filter.State is not null && filter.State != state) || matches.Count >= max)
            {
                continue;
            }

            if (state == MessageState.InFlight)
            {
                await ListInFlightAsync(filter, max, matches, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await ListWaitingAsync(letter, filter, max, matches, cancellationToken).ConfigureAwait(false);
            }
        }

        return matches;
    }

    private async ValueTask ListWaitingAsync(
        string letter, MessageFilter filter, int max, List<StoredMessage> matches, CancellationToken cancellationToken)
    {
        bool takesAll = filter is { TaskName: null, MinAge: null };

        // A message that is moved while its queue is read shows up once.
        var seen = new HashSet<Guid>();
        for (int skip = 0; matches.Count < max;)
        {
            int count = takesAll ? Math.Min(PageSize, max - matches.Count) : PageSize;
            FoundPage page = await FindAsync([letter, skip, count], cancellationToken).ConfigureAwait(false);
            page.Messages.RemoveAll(found => !seen.Add(found.Message.Id));
            page.AddMatches(filter, max, matches);
            if (page.Looked == 0)
            {
                break;
            }

            skip += page.Looked;
        }
    }

    /// <summary>By the age of their leases, whose ids sort by time.</summary>
    private async ValueTask ListInFlightAsync(
        MessageFilter filter, int max, List<StoredMessage> matches, CancellationToken cancellationToken)
    {
        List<Guid> leases = await FindLeasesAsync(cancellationToken).ConfigureAwait(false);
        leases.Sort();
        for (int start = 0; start < leases.Count && matches.Count < max;)
        {
            int count = Math.Min(PageSize, leases.Count - start);
            var what = new RedisValue[1 + count];
            what[0] = "F";
            for (int i = 0; i < count; i++)
            {
                what[1 + i] = IdBytes.Of(leases[start + i]);
            }

            FoundPage page = await FindAsync(what, cancellationToken).ConfigureAwait(false);
            page.AddMatches(filter, max, matches);
            start += page.Looked;
        }
    }

    /// <summary>Goes by the ends of leases, which only grow: a beat between two pages hides none.</summary>
    private async ValueTask<List<Guid>> FindLeasesAsync(CancellationToken cancellationToken)
    {
        var found = new HashSet<Guid>();
        string from = "-inf";
        while (true)
        {
            RedisResult[] reply = await AskAsync(["L", from, CallSize], cancellationToken).ConfigureAwait(false);
            for (int i = 2; i < reply.Length; i += 2)
            {
                found.Add(IdBytes.Read((byte[])reply[i]!));
            }

            if ((int)reply[1] < CallSize)
            {
                return [.. found];
            }

            // Leases that one beat extended end together. When they fill a page, the next one begins behind them.
            string last = (string)reply[^1]!;
            from = from == last ? "(" + last : last;
        }
    }

    /// <summary>In several calls when there is much to look through.</summary>
    private async ValueTask<FoundMessage?> FindOneAsync(Guid id, CancellationToken cancellationToken)
    {
        RedisValue from = None;
        while (true)
        {
            RedisResult[] values = await AskAsync(["G", IdBytes.Of(id), from], cancellationToken).ConfigureAwait(false);
            if ((int)values[1] >= 0)
            {
                return values.Length == 2 ? null : FoundMessage.Read(values.AsSpan(2));
            }

            from = (byte[])values[2]!;
        }
    }

    private async ValueTask<FoundPage> FindAsync(RedisValue[] what, CancellationToken cancellationToken)
    {
        RedisResult[] values = await AskAsync(what, cancellationToken).ConfigureAwait(false);
        var found = new List<FoundMessage>((values.Length - 2) / 5);
        for (int i = 2; i < values.Length; i += 5)
        {
            found.Add(FoundMessage.Read(values.AsSpan(i, 5)));
        }

        return new FoundPage((long)values[0], (int)values[1], found);
    }

    private async ValueTask<RedisResult[]> AskAsync(RedisValue[] what, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        RedisResult reply = await RunAsync(QueueScripts.Get, [None, _arguments.DeadRetention, _arguments.MaxDead, .. what], cancellationToken)
            .ConfigureAwait(false);
        return (RedisResult[])reply!;
    }

    /// <summary>Some messages, the time of the store, and how many places the store has looked at for them.</summary>
    private readonly record struct FoundPage(long Now, int Looked, List<FoundMessage> Messages)
    {
        public void AddMatches(MessageFilter filter, int max, List<StoredMessage> matches)
        {
            long newest = filter.MinAge is { } age ? Now - StoreTime.FromSpan(age) : long.MaxValue;
            foreach (FoundMessage found in Messages)
            {
                bool isMatch = (filter.TaskName is null || filter.TaskName == found.Record.TaskName)
                    && found.Record.EnqueuedAt <= newest;
                if (isMatch && matches.Count < max)
                {
                    matches.Add(found.Message);
                }
            }
        }
    }

    /// <summary>A message with its record, which tells task and time for filters.</summary>
    private readonly record struct FoundMessage(StoredMessage Message, MessageRecord Record, Death? Death)
    {
        public static FoundMessage Read(ReadOnlySpan<RedisResult> values)
        {
            Guid id = IdBytes.Read((byte[])values[0]!);
            MessageState state = StateOf((string)values[1]!);
            var record = new MessageRecord((byte[])values[2]!);
            var due = (RedisValue)values[4];
            Death? death = state == MessageState.Dead ? DeathRecord.Read((byte[])values[3]!) : null;
            string attempts = death is null ? (string)values[3]! : "";
            int next = attempts.Length == 0 ? 1 : ReadAttempts(attempts).Attempt;
            int attempt = death?.Attempts ?? (state == MessageState.InFlight ? next : next - 1);
            DateTimeOffset dueAt = StoreTime.ToTime(due.IsNullOrEmpty ? record.DueAt : RedisTime.Parse(due));
            return new FoundMessage(new StoredMessage(id, record.Body, state, attempt, dueAt), record, death);
        }

        private static MessageState StateOf(string letter) => letter switch
        {
            "R" => MessageState.Ready,
            "D" => MessageState.Delayed,
            "F" => MessageState.InFlight,
            _ => MessageState.Dead,
        };
    }
}
