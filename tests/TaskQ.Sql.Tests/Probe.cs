using System.Diagnostics;

namespace TaskQ.Sql.Tests;

/// <summary>What the tests of this backend share.</summary>
internal static class Probe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>A queue of a name of its own.</summary>
    public static TaskQueue Queue(QueueFactory factory, Action<QueueOptions>? configure = null)
    {
        var options = new QueueOptions { Name = "q-" + Guid.NewGuid().ToString("N"), MinWorkers = 2, MaxWorkers = 2 };
        configure?.Invoke(options);
        return factory.RegisterQueue(options);
    }

    /// <summary>Waits for a condition; a sync one by <see cref="Task.FromResult"/>.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> condition, string what, TimeSpan? patience = null)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < (patience ?? Patience), $"Not so in {patience ?? Patience}: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
