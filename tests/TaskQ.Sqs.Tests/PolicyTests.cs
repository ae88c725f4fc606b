using System.Text.Json;
using TaskQ.Memory.Testing;
using TaskQ.Redis;
using TaskQ.Sqs.Tests.Fake;
using TaskQ.Sqs.Tests.Faults;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests;

/// <summary>The IAM policies of the README allow what a producer and a worker call, and nothing else.</summary>
public sealed class PolicyTests(RedisCompanion companion)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Producer_AllThatItDoes_IsWhatItsPolicyAllows()
    {
        using var sqs = new FakeSqs(TimeProvider.System);
        TaskQueue prepared = await PrepareAsync(sqs);
        using var client = new FaultySqs(sqs);
        await using var factory = new SqsQueueFactory(client);
        TaskQueue queue = factory.RegisterQueue(new QueueOptions { Name = prepared.Name });
        TaskDefinition task = queue.RegisterTask("t", () => { });

        await queue.AddAsync(task.WithArgs(), Token);
        await queue.AddRangeAsync([task.WithArgs(), task.WithArgs().WithDelay(TimeSpan.FromHours(1))], Token);

        Assert.Equal(Policy("producer"), Called(client));
    }

    [Fact]
    public async Task Worker_AllThatItDoes_IsWhatItsPolicyAllows() => Assert.Equal(Policy("worker"), await WorkAsync(new SqsOptions()));

    [Fact]
    public async Task Worker_OfAFifoQueue_CallsNothingThatItsPolicyDoesNotAllow() =>
        Assert.Subset(Policy("worker").ToHashSet(), (await WorkAsync(new SqsOptions { Fifo = true })).ToHashSet());

    [Fact]
    public async Task Worker_WithACompanion_CallsNothingThatItsPolicyDoesNotAllow()
    {
        await using var redis = new RedisQueueFactory(companion.Configuration);

        Assert.Subset(Policy("worker").ToHashSet(), (await WorkAsync(new SqsOptions { Coordinator = redis })).ToHashSet());
    }

    /// <summary>A run with a beat, a retry, a dead letter, and what an operator does with it.</summary>
    /// <returns>What was called.</returns>
    private static async Task<IEnumerable<string>> WorkAsync(SqsOptions options)
    {
        var clock = new ManualTimeProvider();
        using var sqs = new FakeSqs(clock);
        TaskQueue prepared = await PrepareAsync(sqs, options.Fifo);
        using var client = new FaultySqs(sqs);
        await using var factory = new SqsQueueFactory(client, options);
        TaskQueue queue = factory.RegisterQueue(new QueueOptions { Name = prepared.Name, TimeProvider = clock });
        var gate = new TaskCompletionSource();
        var started = new TaskCompletionSource();
        TaskDefinition good = queue.RegisterTask("good", async () =>
        {
            started.TrySetResult();
            await gate.Task;
        });
        int tries = 0;
        TaskDefinition again = queue.RegisterTask("again", void () =>
        {
            if (Interlocked.Increment(ref tries) == 1)
            {
                throw new InvalidOperationException("once more");
            }
        });
        TaskDefinition bad = queue.RegisterTask("bad", void () => throw new SkipRetryException("no"));
        await queue.AddRangeAsync([again.WithArgs(), bad.WithArgs(), good.WithArgs()], Token);

        await queue.StartAsync(Token);
        await WhileAsync(() => !started.Task.IsCompleted, () => clock.Advance(TimeSpan.FromSeconds(1)));
        int before = client.Calls.GetValueOrDefault("ChangeMessageVisibility");
        await WhileAsync(() => client.Calls.GetValueOrDefault("ChangeMessageVisibility") == before, () => clock.Advance(TimeSpan.FromSeconds(11)));
        gate.SetResult();
        await WhileAsync(() => queue.Consumer.Stats.Processed + queue.Consumer.Stats.Failures < 3, () => clock.Advance(TimeSpan.FromSeconds(1)));
        Task stopping = queue.StopAsync(TimeSpan.FromSeconds(30));
        await WhileAsync(() => !stopping.IsCompleted, () => clock.Advance(TimeSpan.FromSeconds(1)));
        Assert.Single(await queue.PeekDeadAsync(10, Token));
        Assert.Equal(1, await queue.RequeueDeadAsync(10, Token));
        await queue.PurgeDeadAsync(Token);

        return Called(client);
    }

    private static async Task WhileAsync(Func<bool> condition, Action action)
    {
        for (int i = 0; condition(); i++)
        {
            Assert.True(i < 2000, "It does not end.");
            action();
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }
    }

    /// <summary>Creates the queues, which neither may.</summary>
    private static async Task<TaskQueue> PrepareAsync(FakeSqs sqs, bool fifo = false)
    {
        await using var factory = new SqsQueueFactory(sqs, new SqsOptions { CreateQueues = true, Fifo = fifo });
        TaskQueue queue = factory.RegisterQueue(new QueueOptions { Name = "orders" });
        await queue.CountAsync(Token);
        return queue;
    }

    private static IEnumerable<string> Called(FaultySqs client) => client.Calls.Keys.Select(static name => "sqs:" + name).Order();

    private static IEnumerable<string> Policy(string name)
    {
        string readme = File.ReadAllText(Path.Combine(Root(), "README.md"));
        string json = readme[readme.IndexOf($"<!-- policy: {name} -->", StringComparison.Ordinal)..];
        json = json[(json.IndexOf("```json", StringComparison.Ordinal) + 7)..];
        using var policy = JsonDocument.Parse(json[..json.IndexOf("```", StringComparison.Ordinal)]);
        return [.. policy.RootElement.GetProperty("Statement")[0].GetProperty("Action").EnumerateArray().Select(static action => action.GetString()!).Order()];
    }

    private static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "TaskQ.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }
}
