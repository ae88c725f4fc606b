using System.Diagnostics;
using System.Runtime.InteropServices;

namespace TaskQ.Bench.Load;

/// <summary>The no-op handler: counts, and signals at the last message. One interlocked add on a cache line of its own.</summary>
internal sealed class CompletionCounter(int expected)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PaddedCount _count;

    public int Expected => expected;

    public int Count => Volatile.Read(ref _count.Value);

    /// <summary>When the last handler ran.</summary>
    public long EndTimestamp { get; private set; }

    /// <summary>The handler.</summary>
    public void Handle(string text, int number)
    {
        if (Interlocked.Increment(ref _count.Value) == expected)
        {
            EndTimestamp = Stopwatch.GetTimestamp();
            _done.TrySetResult();
        }
    }

    /// <summary>Waits for the last message.</summary>
    /// <exception cref="BenchException">It did not come within two minutes.</exception>
    public async Task WaitAsync()
    {
        try
        {
            await _done.Task.WaitAsync(Patience, TimeProvider.System);
        }
        catch (TimeoutException error)
        {
            throw new BenchException($"Only {Count} of {expected} messages ran within {Patience}.", error);
        }
    }

    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct PaddedCount
    {
        [FieldOffset(64)]
        public int Value;
    }
}
