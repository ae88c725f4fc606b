namespace TaskQ.FaultWorker;

/// <summary>A clock that is wrong by a fixed time; how fast it goes is right.</summary>
internal sealed class WrongClock(TimeSpan offset) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + offset;
}
