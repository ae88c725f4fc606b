using System.Collections.Concurrent;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Coordinate;

/// <summary>FIFO queues: order within a group, groups beside each other, repeated adds, and what they can't.</summary>
public abstract class FifoFacts(SqsServer server, RedisCompanion companion) : CompanionTest(server, companion.Configuration)
{
    private readonly bool _groupsLeak = server is LocalAwsSqsServer { IsGiven: false };

    [Fact]
    public async Task Group_MessagesWithAFailingHead_RunInTheirOrderWhileOtherGroupsGoOn()
    {
        Assert.SkipWhen(_groupsLeak, "local-aws-sqs delivers what stands behind a message of its group that is in flight.");
        var runs = new ConcurrentQueue<(string Group, int Number)>();
        var broken = true;
        TaskQueue queue = Process(configureSqs: sqs => (sqs.Fifo, sqs.MessageGroup) = (true, message => message.TaskName));
        TaskDefinition a = Register("a"), b = Register("b");
        await queue.AddRangeAsync(Enumerable.Range(0, 5).SelectMany(n => new[] { a.WithArgs(n), b.WithArgs(n) }), Token);

        await queue.StartAsync(Token);
        await UntilAsync(() => runs.Count(run => run.Group == "b") == 5, "the other group is done");
        Assert.DoesNotContain(runs, run => run is { Group: "a", Number: > 0 });
        Volatile.Write(ref broken, false);
        await EmptyAsync(queue);

        Assert.Equal([0, 1, 2, 3, 4], runs.Where(run => run.Group == "b").Select(run => run.Number));
        Assert.Equal([0, 1, 2, 3, 4], runs.Where(run => run.Group == "a").Select(run => run.Number).SkipWhile(n => n == 0).Prepend(0));

        TaskDefinition Register(string name) => queue.RegisterTask(new TaskOptions
        {
            Name = name,
            RetryLimit = 1000,
            MinBackoff = TimeSpan.FromMilliseconds(100),
            MaxBackoff = TimeSpan.FromMilliseconds(200),
            Handler = (int n) =>
            {
                runs.Enqueue((name, n));
                if (name == "a" && n == 0 && Volatile.Read(ref broken))
                {
                    throw new InvalidOperationException("boom");
                }
            },
        });
    }

    [Fact]
    public async Task DeduplicationId_OfTwoMessages_TheSecondIsNotStored()
    {
        TaskQueue queue = Process(configureSqs: sqs => (sqs.Fifo, sqs.DeduplicationId) = (true, static message => message.TaskName));
        TaskDefinition a = queue.RegisterTask("a", (int _) => { });
        TaskDefinition b = queue.RegisterTask("b", (int _) => { });

        await queue.AddRangeAsync([a.WithArgs(1), a.WithArgs(2), b.WithArgs(3)], Token);

        await UntilAsync(async () => (await queue.CountAsync(Token)).Ready == 2, "there are two");
    }

    [Fact]
    public async Task DeadLetter_RequeuedAtOnce_RunsAgain()
    {
        int runs = 0;
        TaskQueue queue = Process(configureSqs: static sqs => sqs.Fifo = true);
        TaskDefinition task = queue.RegisterTask("t", void () =>
        {
            if (Interlocked.Increment(ref runs) < 3)
            {
                throw new SkipRetryException("no");
            }
        });
        await queue.StartAsync(Token);
        Guid id = (await queue.AddAsync(task.WithArgs(), Token)).Id;
        for (int n = 0; n < 2; n++)
        {
            await UntilAsync(async () => (await queue.CountAsync(Token)).Dead == 1, "it is dead");
            Assert.True(await queue.RequeueDeadAsync(id, Token));
        }

        await UntilAsync(() => Volatile.Read(ref runs) == 3, "it runs again");
        await EmptyAsync(queue);
        Assert.Equal(0, (await queue.CountAsync(Token)).Dead);
    }

    [Fact]
    public async Task AddAsync_Delay_IsRefusedAndSaysWhatIsPossible()
    {
        TaskQueue queue = Process(configureSqs: static sqs => sqs.Fifo = true);
        TaskDefinition task = queue.RegisterTask("t", () => { });

        var error = await Assert.ThrowsAsync<NotSupportedException>(() => queue.AddAsync(task.WithArgs().WithDelay(Sec(1)), Token));

        Assert.Contains("aws_sqs", error.Message, StringComparison.Ordinal);
        Assert.Contains("00:00:00", error.Message, StringComparison.Ordinal);
    }
}
