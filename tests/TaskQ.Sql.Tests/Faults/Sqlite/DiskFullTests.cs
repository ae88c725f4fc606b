using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults.Sqlite;

/// <summary>No room for more.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class DiskFullTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "Q11")]
    public async Task Disk_Full_RefusesAddsAndLosesNothing()
    {
        string folder = Directory.CreateTempSubdirectory("taskq-full-").FullName;
        if (!await MountAsync("-t", "tmpfs", "-o", "size=2m", "tmpfs", folder))
        {
            Directory.Delete(folder);
            Assert.Skip("A tmpfs can't be mounted here; Pages_UsedUp_RefusesAddsAndLosesNothing does the same by a limit of pages.");
        }

        try
        {
            SystemSqlite.Use();
            await using var source = new TracedSqlite(Path.Combine(folder, "queue.db"), static _ => { });
            await RunAsync(source, async () => Assert.True(await MountAsync("-o", "remount,size=64m", folder)));
        }
        finally
        {
            await RunAsync("umount", "-l", folder);
            Directory.Delete(folder);
        }
    }

    [Fact]
    [Trait("Fault", "Q11")]
    public async Task Pages_UsedUp_RefusesAddsAndLosesNothing()
    {
        string folder = Directory.CreateTempSubdirectory("taskq-full-").FullName;
        try
        {
            SystemSqlite.Use();
            await using var source = new TracedSqlite(Path.Combine(folder, "queue.db"), static _ => { }) { Setting = "PRAGMA max_page_count = 512" };
            await RunAsync(source, () => Task.CompletedTask);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Adds until there is no room, consumes while there is none, and then with room.</summary>
    private static async Task RunAsync(DbDataSource source, Func<Task> free)
    {
        ConcurrentBag<int> accepted = [];
        ConcurrentDictionary<int, int> ran = [];
        await using var factory = new SqlQueueFactory(source, SqlDialect.Sqlite, new SqlOptions { Retries = 1 });
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
        Assert.Contains("full", refusal.Message, StringComparison.Ordinal);
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

    private static Task<bool> MountAsync(params string[] arguments) => RunAsync("mount", arguments);

    private static async Task<bool> RunAsync(string name, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(name, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(Token);
        return process.ExitCode == 0;
    }
}
