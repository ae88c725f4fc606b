namespace TaskQ;

/// <summary>How many messages a queue holds, by state.</summary>
/// <param name="Ready">Messages that could start now.</param>
/// <param name="Delayed">Messages, retries included, whose time has not come.</param>
/// <param name="InFlight">Messages that are reserved by a consumer, running or buffered.</param>
/// <param name="Dead">Dead letters.</param>
public readonly record struct QueueCounts(long Ready, long Delayed, long InFlight, long Dead);
