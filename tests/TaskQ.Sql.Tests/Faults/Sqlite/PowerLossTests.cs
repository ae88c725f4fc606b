using System.Globalization;
using TaskQ.Redis.Tests.Faults.Workers;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults.Sqlite;

/// <summary>What the file holds after a process was killed, or the machine, while it wrote.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class PowerLossTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "Q10")]
    public async Task Producer_KilledWithinATransaction_LeavesWhatItHasCommitted()
    {
        const int Kills = 5;
        int accepted = 0, unreported = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var test = new SqliteFaultQueue();
            WorkerProcess producer = await test.StartAsync(Lease, "--only-adds", "true");
            await test.RecordedAsync('A', 200 + Random.Shared.Next(800));
            producer.Kill();

            HashSet<int> stored = await StoredAsync(test.File, test.Queue.Name);
            HashSet<int> added = Accepted(test.Record);
            Assert.Equal(["ok"], SqliteProbe.Read(test.File, "PRAGMA integrity_check"));
            Assert.Empty(added.Except(stored));
            accepted += added.Count;
            unreported += stored.Except(added).Count();
        }

        Figures.Print($"{Kills} kills: {accepted} accepted, lost 0, {unreported} stored whose add had not returned, every file intact");
    }

    [Fact]
    [Trait("Fault", "Q10")]
    public async Task Copies_OfTheFilesAtRandomInstants_HoldAllThatWasCommitted()
    {
        const int Copies = 15;
        int accepted = 0, torn = 0;
        await using var test = new SqliteFaultQueue();
        WorkerProcess producer = await test.StartAsync(Lease, "--only-adds", "true");
        for (var copy = 0; copy < Copies; copy++)
        {
            await test.RecordedAsync('A', test.Record.Count('A') + Random.Shared.Next(20, 200));

            // All that has been reported by now was forced to the disk.
            await StopAsync(producer);
            HashSet<int> before = Accepted(test.Record);
            (byte[] database, byte[] safe) = await ReadAsync(test.File);
            producer.Continue();
            await test.RecordedAsync('A', before.Count + Random.Shared.Next(1, 40));

            await StopAsync(producer);
            HashSet<int> now = Accepted(test.Record);
            (byte[] Database, byte[] Log) later = await ReadAsync(test.File);
            producer.Continue();
            await CheckAsync(later.Database, later.Log, test.Queue.Name, now);
            accepted = now.Count;

            // The machine stops instead: of what the log got since, some has reached the disk and some has not.
            int from = WriteAheadLog.End(safe), to = WriteAheadLog.End(later.Log);
            if (from < to && WriteAheadLog.IsSame(safe, later.Log))
            {
                Random.Shared.NextBytes(later.Log.AsSpan(Random.Shared.Next(from, to)..));
                await CheckAsync(database, later.Log, test.Queue.Name, before);
                torn++;
            }
        }

        Figures.Print($"{Copies} copies at random instants, the last with {accepted} accepted, and {torn} with a torn end of the log: lost 0, every copy intact");
        Assert.True(torn > 0, "no copy with a torn end could be made");
    }

    private static async Task<(byte[] Database, byte[] Log)> ReadAsync(string file) =>
        (await ReadSharedAsync(file), await ReadSharedAsync(file + "-wal"));

    private static async Task<byte[]> ReadSharedAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        await stream.ReadExactlyAsync(bytes, Token);
        return bytes;
    }

    private static async Task CheckAsync(byte[] database, byte[] log, string queue, HashSet<int> accepted)
    {
        string folder = Directory.CreateTempSubdirectory("taskq-copy-").FullName;
        try
        {
            string file = Path.Combine(folder, "queue.db");
            await File.WriteAllBytesAsync(file, database, Token);
            await File.WriteAllBytesAsync(file + "-wal", log, Token);
            HashSet<int> stored = await StoredAsync(file, queue);
            Assert.Equal(["ok"], SqliteProbe.Read(file, "PRAGMA integrity_check"));
            Assert.Empty(accepted.Except(stored));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static HashSet<int> Accepted(RunRecord record) => [.. record.Of('A').Select(e => e.Message)];

    /// <summary>The numbers of the messages in a file, as TaskQ reads it.</summary>
    private static async Task<HashSet<int>> StoredAsync(string file, string queue)
    {
        await using var source = new TracedSqlite(file, static _ => { });
        await using var factory = new SqlQueueFactory(source, SqlDialect.Sqlite);
        TaskQueue opened = factory.RegisterQueue(new QueueOptions { Name = queue });
        opened.RegisterTask<int>("produced");
        IReadOnlyList<MessageInfo> messages = await opened.ListAsync(new MessageFilter(), int.MaxValue, Token);
        return [.. messages.Select(info => Convert.ToInt32(info.Message.ReadArguments()[0], CultureInfo.InvariantCulture))];
    }

    /// <summary>Stops a process, and waits until each of its threads has stopped.</summary>
    private static async Task StopAsync(WorkerProcess process)
    {
        process.Pause();
        await Probe.EventuallyAsync(
            () => Task.FromResult(Directory.EnumerateDirectories($"/proc/{process.Id}/task").All(IsStopped)), "every thread has stopped");

        // pid (name) state: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
        static bool IsStopped(string task)
        {
            string stat = File.ReadAllText(Path.Combine(task, "stat"));
            return stat[stat.LastIndexOf(')') + 2] == 'T';
        }
    }
}
