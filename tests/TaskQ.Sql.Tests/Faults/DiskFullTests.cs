using System.Diagnostics;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults;

/// <summary>No room for more tables in PostgreSQL: they lie in a tablespace on a small disk. Without room for its log the server itself ends.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class DiskFullTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "Q11")]
    public async Task Disk_Full_RefusesAddsAndLosesNothing()
    {
        string folder = Directory.CreateTempSubdirectory("taskq-full-").FullName;
        if (!await DiskFull.MountAsync(folder, "4m"))
        {
            Directory.Delete(folder);
            Assert.Skip("A tmpfs can't be mounted here.");
        }

        try
        {
            using Process chown = Process.Start("chown", ["postgres", folder]);
            await chown.WaitForExitAsync(Token);
            await using var server = await PostgreSqlServer.StartAsync();
            await Probe.ExecuteAsync(server.ConnectionString, $"CREATE TABLESPACE small LOCATION '{folder}'");
            await using var database = new PostgreSqlDatabase(server, "Options=-c default_tablespace=small");
            await DiskFull.RunAsync(database.DataSource, database.Dialect, () => DiskFull.GrowAsync(folder), "No space left on device");
        }
        finally
        {
            await DiskFull.UnmountAsync(folder);
            Directory.Delete(folder);
        }
    }
}
