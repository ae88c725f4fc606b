namespace TaskQ.Memory.Testing;

/// <summary>A timer of a <see cref="ManualTimeProvider"/>, whose lock guards its properties.</summary>
internal sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
{
    /// <summary>By due time; among those of one time, the one that was armed first.</summary>
    public static readonly IComparer<ManualTimer> FiringOrder = Comparer<ManualTimer>.Create(static (left, right) =>
        left.Due != right.Due ? left.Due.CompareTo(right.Due) : left.Sequence.CompareTo(right.Sequence));

    /// <summary>Changed only while the timer is not armed, because the clock is sorted by it.</summary>
    public long Due { get; set; }

    /// <summary>In ticks, zero for a timer that fires once.</summary>
    public long Period { get; set; }

    public long Sequence { get; set; }

    public bool IsDisposed { get; set; }

    public bool Change(TimeSpan dueTime, TimeSpan period) => clock.Change(this, dueTime, period);

    public void Fire() => callback(state);

    public void Dispose() => clock.Dispose(this);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }
}
