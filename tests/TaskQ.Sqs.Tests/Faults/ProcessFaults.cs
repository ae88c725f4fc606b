using TaskQ.Redis.Tests.Faults.Workers;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Faults;

/// <summary>What a process leaves behind that is killed.</summary>
public abstract class ProcessFaults : FaultTest
{
    private protected ProcessFaults(SqsServer server)
        : base(server)
    {
    }

    [Fact]
    [Trait("Fault", "S2")]
    public async Task Producer_KilledWhileItAdds_LosesNothingThatWasAccepted()
    {
        string folder = Directory.CreateTempSubdirectory("taskq-producer-").FullName;
        try
        {
            TaskQueue queue = Queue();
            queue.RegisterTask("produced", (int n) => { Runs.AddOrUpdate(n, 1, static (_, runs) => runs + 1); });
            await queue.CountAsync(Token);
            var record = new RunRecord(folder);
            await using (var producer = new WorkerProcess(
                ["--backend", "sqs", "--connection", Server.Endpoint.AbsoluteUri, "--queue", queue.Name, "--log", folder, "--only-adds", "true"]))
            {
                await UntilAsync(() => record.Count('A') >= 1000, "1,000 adds have returned");
                producer.Kill();
            }

            HashSet<int> accepted = [.. record.Of('A').Select(e => e.Message)];
            await queue.StartAsync(Token);
            await EmptyAsync(queue);
            await queue.StopAsync(Sec(10));

            Assert.Empty(accepted.Except(Runs.Keys));
            Assert.All(Runs, run => Assert.Equal(1, run.Value));
            int unreported = Runs.Keys.Except(accepted).Count();
            Assert.InRange(unreported, 0, 32);
            Figures.Print($"killed after {accepted.Count} accepted: lost 0, {unreported} stored whose add had not returned");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
