using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;

namespace TaskQ.Sql.Tests.Faults;

/// <summary>A disk without room, and what a queue does on it.</summary>
internal static class DiskFull
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Puts a small disk into a folder.</summary>
    /// <returns>False where that is not allowed.</returns>
    public static Task<bool> MountAsync(string folder, string size) => RunAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder);

    /// <summary>Makes it larger.</summary>
    public static async Task GrowAsync(string folder) => Assert.True(await RunAsync("mount", "-o", "remount,size=256m", folder));

    public static Task UnmountAsync(string folder) => RunAsync("umount", "-l", folder);

    /// <summary>Adds until there is no room, consumes while there is none, and then with room.</summary>
    public static async Task RunAsync(DbDataSource source, SqlDialect dialect, Func<Task> free, string reason = "full")
    {
        ConcurrentBag<int> accepted = [];
        ConcurrentDictionary<int, int> ran = [];
        await using var factory = new SqlQueueFactory(source, dialect, new SqlOptions { Retries = 1 });
        var queue = Probe.Queue(factory, options => options.PauseErrorsThreshold = 1_000_000);
        var task = queue.RegisterTask<int, byte[]>(new TaskOptions { Name = "t", Handler = (int n, byte[] _) => ran.AddOrUpdate(n, 1, static (_, runs) => runs + 1) });
        SqlUnavailableException? refusal = null;
        int next = 0;
        while (refusal is null && next < 10_000)
        {
            refusal = await TryAddAsync();
        }

        int stored = accepted.Count;

        // Work goes on or waits; adds are refused or find the room that it has made.
        await queue.StartAsync(Token);
        int refused = 0;
        for (int i = 0; i < 50; i++)
        {
            refused += await TryAddAsync() is null ? 0 : 1;
        }

        int ranBefore = ran.Count;
        await free();
        await Probe.EventuallyAsync(
            async () => await TryCountAsync() is { Ready: 0, Delayed: 0, InFlight: 0 }, "the queue is empty", TimeSpan.FromMinutes(1));
        await queue.StopAsync(TimeSpan.FromSeconds(10), Token);

        int twice = ran.Values.Sum() - ran.Count;
        Figures.Print($"full after {stored} messages ({refusal?.InnerException?.Message}); then {refused} of 50 adds were refused and {ranBefore} ran before there was room; "
            + $"lost {accepted.Except(ran.Keys).Count()}, ran twice {twice}");
        Assert.NotNull(refusal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Empty(accepted.Except(ran.Keys));
        Assert.Equal(0, twice);

        async Task<SqlUnavailableException?> TryAddAsync()
        {
            int number = next++;
            try
            {
                await queue.AddAsync(task.WithArgs(number, new byte[4000]), Token);
                accepted.Add(number);
                return null;
            }
            catch (SqlUnavailableException error)
            {
                return error;
            }
        }

        async Task<QueueCounts?> TryCountAsync()
        {
            try
            {
                return await queue.CountAsync(Token);
            }
            catch (SqlUnavailableException)
            {
                return null;
            }
        }
    }

    private static async Task<bool> RunAsync(string name, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(name, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(Token);
        return process.ExitCode == 0;
    }
}
