using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Faults;

/// <summary>FIFO queues under faults. In fauxqs alone: local-aws-sqs does not keep the groups apart.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class FifoFaultTests(FauxqsServer server) : FaultTest(server)
{
    [Fact]
    [Trait("Fault", "S11")]
    public async Task Fifo_HeadOfAGroupFails_OtherGroupsGoOnAndItsOrderIsKept()
    {
        TaskQueue queue = Queue(configureSqs: options => (options.Fifo, options.MessageGroup) = (true, static message => message.TaskName));
        var order = new List<string>();
        int failures = 0;
        TaskDefinition Define(string group) => queue.RegisterTask(new TaskOptions
        {
            Name = group,
            RetryDelay = static _ => TimeSpan.FromSeconds(1),
            Handler = (int n) =>
            {
                if (group == "a" && n == 0 && failures < 2)
                {
                    failures++;
                    throw new InvalidOperationException("not yet");
                }

                lock (order)
                {
                    order.Add($"{group}{n}");
                }
            },
        });
        TaskDefinition a = Define("a");
        TaskDefinition b = Define("b");
        for (int n = 0; n < 5; n++)
        {
            await queue.AddAsync(a.WithArgs(n), Token);
            await queue.AddAsync(b.WithArgs(n), Token);
        }

        await queue.StartAsync(Token);

        await UntilAsync(() => order.Count == 10, "all have run");
        await EmptyAsync(queue);
        Assert.Equal(["a0", "a1", "a2", "a3", "a4"], order.Where(run => run[0] == 'a'));
        Assert.Equal(["b0", "b1", "b2", "b3", "b4"], order.Where(run => run[0] == 'b'));
        Assert.True(order.IndexOf("b4") < order.IndexOf("a0"), string.Join(' ', order));
        Figures.Print($"head failed {failures} times: {string.Join(' ', order)}");
    }
}
