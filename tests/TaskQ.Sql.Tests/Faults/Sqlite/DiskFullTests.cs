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
        if (!await DiskFull.MountAsync(folder, "2m"))
        {
            Directory.Delete(folder);
            Assert.Skip("A tmpfs can't be mounted here; Pages_UsedUp_RefusesAddsAndLosesNothing does the same by a limit of pages.");
        }

        try
        {
            SystemSqlite.Use();
            await using var source = new TracedSqlite(Path.Combine(folder, "queue.db"), static _ => { });
            await DiskFull.RunAsync(source, SqlDialect.Sqlite, () => DiskFull.GrowAsync(folder));
        }
        finally
        {
            await DiskFull.UnmountAsync(folder);
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
            await DiskFull.RunAsync(source, SqlDialect.Sqlite, () => Task.CompletedTask);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
