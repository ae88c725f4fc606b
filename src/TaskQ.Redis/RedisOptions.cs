namespace TaskQ.Redis;

/// <summary>How the Redis backend works. Validated and copied by <see cref="RedisQueueFactory"/>.</summary>
public sealed class RedisOptions
{
    /// <summary>What every key begins with: 1 to 40 of <c>A-Z a-z 0-9 _ . -</c>. The default is <c>tq</c>.</summary>
    public string KeyPrefix { get; set; } = "tq";

    /// <summary>How long one call may take, from 100 milliseconds to 10 minutes. The default is 5 s.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often an add is tried again while the server can't be reached, from 0 to 100: 0.1 s later, then after twice
    /// as long each time. The default is 6.</summary>
    public int AddRetries { get; set; } = 6;

    /// <summary>How many dead letters a queue keeps, at least 1; beyond it, the oldest are dropped. The default is 100,000.</summary>
    public int MaxDeadLetters { get; set; } = 100_000;

    /// <summary>Whether the clock of the queue's options takes the place of the server's, for tests that move time.</summary>
    internal bool UseQueueClock { get; set; }

    /// <summary>A copy that later changes don't reach.</summary>
    internal RedisOptions Copy() => (RedisOptions)MemberwiseClone();

    /// <summary>Throws one exception that lists every value out of its range.</summary>
    internal void Validate()
    {
        List<string>? errors = null;
        Check(IsPrefix(KeyPrefix), $"KeyPrefix is '{KeyPrefix}'; it must be 1 to 40 of A-Z a-z 0-9 _ . -", ref errors);
        Check(
            CallTimeout >= TimeSpan.FromMilliseconds(100) && CallTimeout <= TimeSpan.FromMinutes(10),
            $"CallTimeout is {CallTimeout}; it must be from 100 milliseconds to 10 minutes.",
            ref errors);
        Check(AddRetries is >= 0 and <= 100, $"AddRetries is {AddRetries}; it must be from 0 to 100.", ref errors);
        Check(MaxDeadLetters >= 1, $"MaxDeadLetters is {MaxDeadLetters}; it must be at least 1.", ref errors);
        if (errors is not null)
        {
            throw new ArgumentException($"The Redis options are not valid. {string.Join(' ', errors)}");
        }
    }

    private static bool IsPrefix(string? prefix) =>
        prefix is { Length: >= 1 and <= 40 } && prefix.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    private static void Check(bool valid, string error, ref List<string>? errors)
    {
        if (!valid)
        {
            (errors ??= []).Add(error);
        }
    }
}
