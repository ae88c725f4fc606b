using System.Collections.Immutable;
using System.Numerics;

namespace TaskQ.Conformance;

/// <summary>Adding a message and running it, once, with what it was given.</summary>
public abstract class Basics(BackendFixture fixture) : ConformanceTest(fixture)
{
    public enum Colour
    {
        Red = 1,
        Blue = 7,
    }

    [Fact]
    public async Task AddAsync_SyncHandler_RunsOnceWithItsArguments()
    {
        var queue = Queue();
        var runs = NewRecorder();
        var task = queue.RegisterTask("greet", (string name, int times, TaskContext c) => runs.Add(c, $"{name} {times}"));
        await queue.StartAsync(Token);

        var result = await queue.AddAsync(task.WithArgs("World", 3), Token);

        await runs.WaitAsync(1);
        await EmptyAsync(queue);
        var run = Assert.Single(runs.Runs);
        Assert.Equal("World 3", run.Value);
        Assert.Equal(result.Id, run.Id);
        Assert.Equal(1, run.Attempt);
        Assert.Equal(1, queue.Consumer.Stats.Processed);
    }

    [Fact]
    public async Task AddAsync_BeforeStart_WaitsForTheConsumer()
    {
        // D35: a queue does nothing until it is started.
        var queue = Queue();
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", (TaskContext c) => runs.Add(c));
        await queue.AddAsync(task.WithArgs(), Token);
        await SettleAsync();
        await CountsAsync(queue, ready: 1);
        Assert.Equal(0, runs.Count);

        await queue.StartAsync(Token);

        await runs.WaitAsync(1);
        await EmptyAsync(queue);
    }

    [Fact]
    public async Task AddAsync_EveryKindOfHandler_IsAwaitedAndCompleted()
    {
        var queue = Queue();
        var runs = NewRecorder();
        Delegate[] handlers =
        [
            (TaskContext c) => runs.Add(c),
            int (TaskContext c) => { runs.Add(c); return 1; },
            async Task (TaskContext c) => { await Task.Yield(); runs.Add(c); },
            async Task<string> (TaskContext c) => { await Task.Yield(); runs.Add(c); return "x"; },
            async ValueTask (TaskContext c) => { await Task.Yield(); runs.Add(c); },
            async ValueTask<int> (TaskContext c) => { await Task.Yield(); runs.Add(c); return 2; },
        ];
        var tasks = handlers.Select((handler, i) => queue.RegisterTask($"t{i}", handler)).ToArray();
        await queue.StartAsync(Token);

        await queue.AddRangeAsync(tasks.Select(task => task.WithArgs()), Token);

        await runs.WaitAsync(handlers.Length);
        await EmptyAsync(queue);
        Assert.Equal(handlers.Length, runs.Count);
        Assert.Equal(handlers.Length, queue.Consumer.Stats.Processed);
    }

    [Fact]
    public async Task AddAsync_EveryTypeOfArgument_ArrivesAsItWas()
    {
        var queue = Queue();
        await queue.StartAsync(Token);
        var number = 0;

        await SameAsync(true);
        await SameAsync((byte)200);
        await SameAsync((sbyte)-100);
        await SameAsync(short.MinValue);
        await SameAsync(ushort.MaxValue);
        await SameAsync(int.MinValue);
        await SameAsync(uint.MaxValue);
        await SameAsync(long.MinValue);
        await SameAsync(ulong.MaxValue);
        await SameAsync(1.5f);
        await SameAsync(double.Epsilon);
        await SameAsync(79228162514264337593543950335m);
        await SameAsync('é');
        await SameAsync("héllo \0 \U0001F600");
        await SameAsync<string?>(null);
        await SameAsync(new byte[] { 0, 255, 1 });
        await SameAsync(new DateTime(2024, 2, 29, 23, 59, 59, 999, DateTimeKind.Utc).AddTicks(7));
        await SameAsync(new DateTimeOffset(2024, 2, 29, 1, 2, 3, TimeSpan.FromHours(-5)));
        await SameAsync(new DateOnly(2024, 2, 29));
        await SameAsync(new TimeOnly(23, 59, 59, 999));
        await SameAsync(TimeSpan.FromTicks(-1234567));
        await SameAsync(Guid.NewGuid());
        await SameAsync(new Uri("https://example.org/a?b=c#d"));
        await SameAsync(new Version(1, 2, 3, 4));
        await SameAsync(BigInteger.Pow(2, 200));
        await SameAsync(Colour.Blue);
        await SameAsync<Colour?>(null);
        await SameAsync<int?>(5);
        await SameAsync<int?>(null);
        await SameAsync(new[] { 1, 2, 3 });
        await SameAsync(new[] { new[] { 1 }, [2, 3], [] });
        await SameAsync(new[,] { { 1, 2 }, { 3, 4 } });
        await SameAsync(new List<string> { "a", "b" });
        await SameAsync<IReadOnlyList<int>>([1, 2]);
        await SameAsync(new HashSet<int> { 3, 1 });
        await SameAsync(ImmutableArray.Create(1, 2));
        await SameAsync(new Dictionary<string, int> { ["a"] = 1, ["b"] = 2 });
        await SameAsync(new KeyValuePair<string, int>("k", 1));
        await SameAsync((1, "two", 3.0));
        await SameAsync(Tuple.Create(1, "two"));
        await SameAsync(new Person("Ada", 36, new Address { Street = "Main", Tags = ["a"] }));

        async Task SameAsync<T>(T value)
        {
            var arrived = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            var task = queue.RegisterTask($"type{++number}", (T argument) => { arrived.TrySetResult(argument); });
            await queue.AddAsync(task.WithArgs(value), Token);
            Assert.Equivalent(value, await AtOnceAsync(arrived.Task, $"an argument of type {typeof(T)} arrives"), strict: true);
        }
    }

    [Fact]
    public async Task AddAsync_Result_SaysAddedAndGivesAStableTimeOrderedId()
    {
        var queue = Queue();
        var task = queue.RegisterTask("t", (int _) => { });
        var message = task.WithArgs(1);

        var result = await queue.AddAsync(message, Token);

        Assert.Equal(new AddResult(message.Id, AddStatus.Added), result);
        Assert.False(result.IsDuplicate);
        Assert.Equal(7, result.Id.Version);
        Require(Backend(queue).Capabilities.Lookup, "The store can't find single messages.");
        Assert.Equal(result.Id, (await queue.GetAsync(result.Id, Token))!.Message.Id);
    }

    [Fact]
    public async Task Handler_InjectedParameters_SeeTheMessageAsItWasAdded()
    {
        var queue = Queue();
        Require(Backend(queue).Capabilities.Names, "The store keeps no names.");
        var seen = new TaskCompletionSource<(TaskMessage Message, TaskContext Context, CancellationToken Token)>();
        var task = queue.RegisterTask("t", (string s, TaskMessage m, TaskContext c, CancellationToken t) => { seen.TrySetResult((m, c, t)); });
        var message = task.WithArgs("x").WithName("named").WithHeader("traceparent", "00-é").WithHeader("empty", "");
        var before = Now;
        await queue.AddAsync(message, Token);
        var after = Now;

        await queue.StartAsync(Token);

        var (arrived, context, token) = await AtOnceAsync(seen.Task, "the handler runs");
        Assert.Equal(message.Id, arrived.Id);
        Assert.Equal("t", arrived.TaskName);
        Assert.Equal("named", arrived.Name);
        Assert.Equal(1, arrived.Attempt);
        Assert.Equal("00-é", arrived.Headers["traceparent"]);
        Assert.Equal("", arrived.Headers["empty"]);
        Assert.InRange(arrived.EnqueuedAt, before - Ms(1), after + Ms(1));
        Assert.Same(queue, context.Queue);
        Assert.Equal(arrived.Id, context.Message.Id);
        Assert.Equal(1, context.Attempt);
        Assert.True(token.CanBeCanceled);
    }

    [Fact]
    public async Task AddRangeAsync_ManyMessages_GivesResultsInOrderAndRunsEachOnce()
    {
        var queue = Queue();
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n));
        var count = Math.Min(Backend(queue).Capabilities.MaxAddBatch * 2 + 7, 1234);
        var messages = Enumerable.Range(0, count).Select(n => task.WithArgs(n)).ToArray();
        await queue.StartAsync(Token);

        var results = await queue.AddRangeAsync(messages, Token);

        Assert.Equal(messages.Select(message => message.Id), results.Select(result => result.Id));
        Assert.All(results, result => Assert.Equal(AddStatus.Added, result.Status));
        await runs.WaitAsync(count);
        await EmptyAsync(queue);
        Assert.Equal(Enumerable.Range(0, count), runs.Runs.Select(run => (int)run.Value!).Order());
    }

    [Fact]
    public async Task AddRangeAsync_Nothing_AddsNothing()
    {
        var queue = Queue();

        Assert.Empty(await queue.AddRangeAsync([], Token));

        await CountsAsync(queue);
    }

    [Fact]
    public async Task AddRangeAsync_OneOfThemAddedAlready_AddsNone()
    {
        var queue = Queue();
        var task = queue.RegisterTask("t", (int _) => { });
        var old = task.WithArgs(1);
        await queue.AddAsync(old, Token);
        var fresh = task.WithArgs(2);

        await Assert.ThrowsAsync<InvalidOperationException>(() => queue.AddRangeAsync([fresh, old], Token));

        await CountsAsync(queue, ready: 1);
        Assert.Equal(AddStatus.Added, (await queue.AddAsync(fresh, Token)).Status);
    }

    [Fact]
    public async Task AddAsync_SameMessageTwice_Throws()
    {
        var queue = Queue();
        var message = queue.RegisterTask("t", () => { }).WithArgs();
        await queue.AddAsync(message, Token);

        await Assert.ThrowsAsync<InvalidOperationException>(() => queue.AddAsync(message, Token));
        Assert.Throws<InvalidOperationException>(() => queue.Add(message));
        Assert.Throws<InvalidOperationException>(() => message.WithDelay(Sec(1)));

        await CountsAsync(queue, ready: 1);
    }

    [Fact]
    public async Task AddAsync_CancelledBefore_StoresNothingAndMayBeRepeated()
    {
        // D24: every wait of an add ends on cancellation.
        var queue = Queue();
        var message = queue.RegisterTask("t", () => { }).WithArgs();
        message = Backend(queue).Capabilities.Names ? message.WithName("n") : message;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queue.AddAsync(message, new CancellationToken(canceled: true)));

        await CountsAsync(queue);
        Assert.Equal(AddStatus.Added, (await queue.AddAsync(message, Token)).Status);
    }

    [Fact]
    public async Task Add_Blocking_StoresTheMessage()
    {
        var queue = Queue();
        var message = queue.RegisterTask("t", () => { }).WithArgs();

        var result = queue.Add(message);

        Assert.Equal(new AddResult(message.Id, AddStatus.Added), result);
        await CountsAsync(queue, ready: 1);
    }

    [Fact]
    public async Task AddAsync_Returned_TheStoreHasItForEverybody()
    {
        // D12, S2: the original reported success while the message was still in the producer's memory.
        var queue = Queue();
        var producer = OtherProcess(queue);
        var task = producer.RegisterTask("t", (int _) => { });

        var one = await producer.AddAsync(task.WithArgs(1), Token);
        var more = await producer.AddRangeAsync(Enumerable.Range(2, 30).Select(n => task.WithArgs(n)), Token);

        var lease = await FetchAsync(queue);
        Assert.Equal(more.Append(one).Select(result => result.Id).Order(), lease.Deliveries.Select(d => d.Id).Order());
    }

    [Fact]
    public async Task AddAsync_ManyProducersAtOnce_EachMessageRunsOnce()
    {
        var queue = Queue();
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n));
        await queue.StartAsync(Token);

        await Task.WhenAll(Enumerable.Range(0, 16).Select(producer => Task.Run(
            async () =>
            {
                for (var i = 0; i < 25; i++)
                {
                    await queue.AddAsync(task.WithArgs((producer * 25) + i), Token);
                }
            },
            Token)));

        await runs.WaitAsync(400);
        await EmptyAsync(queue);
        Assert.Equal(Enumerable.Range(0, 400), runs.Runs.Select(run => (int)run.Value!).Order());
    }

    [Fact]
    public async Task AddAsync_QueueDisposed_Throws()
    {
        var queue = Queue();
        var task = queue.RegisterTask("t", () => { });
        await queue.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => queue.AddAsync(task.WithArgs(), Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => queue.AddRangeAsync([task.WithArgs()], Token));
        Assert.Throws<ObjectDisposedException>(() => queue.Add(task.WithArgs()));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => queue.StartAsync(Token));
    }

    [Fact]
    public async Task TypedTasks_OneToSixArguments_Arrive()
    {
        var queue = Queue();
        var runs = NewRecorder();
        var t1 = queue.RegisterTask<int>("t1");
        var t2 = queue.RegisterTask<int, string>("t2");
        var t3 = queue.RegisterTask<int, string, bool>("t3");
        var t4 = queue.RegisterTask<int, string, bool, long>("t4");
        var t5 = queue.RegisterTask<int, string, bool, long, double>("t5");
        var t6 = queue.RegisterTask<int, string, bool, long, double, Guid>("t6");
        await queue.AddRangeAsync(
            [
                t1.WithArgs(1),
                t2.WithArgs(1, "a"),
                t3.WithArgs(1, "a", true),
                t4.WithArgs(1, "a", true, 4L),
                t5.WithArgs(1, "a", true, 4L, 5.5),
                t6.WithArgs(1, "a", true, 4L, 5.5, Guid.Empty),
            ],
            Token);

        t1.Handle((int a, TaskContext c) => runs.Add(c, (a, 1)));
        t2.Handle((int a, string b) => runs.Add((a, b)));
        t3.Handle((int a, string b, bool d) => runs.Add((a, b, d)));
        t4.Handle((int a, string b, bool d, long e) => runs.Add((a, b, d, e)));
        t5.Handle((int a, string b, bool d, long e, double f) => runs.Add((a, b, d, e, f)));
        t6.Handle((int a, string b, bool d, long e, double f, Guid g) => runs.Add((a, b, d, e, f, g)));
        await queue.StartAsync(Token);

        await runs.WaitAsync(6);
        await EmptyAsync(queue);
        object[] expected =
        [
            (1, 1), (1, "a"), (1, "a", true), (1, "a", true, 4L), (1, "a", true, 4L, 5.5), (1, "a", true, 4L, 5.5, Guid.Empty),
        ];
        Assert.Equal(expected.ToHashSet(), runs.Runs.Select(run => run.Value!).ToHashSet());
    }

    [Fact]
    public async Task OptionalParameter_MessageOfAnOlderProducer_TakesItsDefault()
    {
        var queue = Queue();
        var runs = NewRecorder();
        queue.RegisterTask("t", (string a, int b = 42) => runs.Add((a, b)));
        var producer = OtherProcess(queue);
        var old = producer.RegisterTask<string>("t");
        await queue.StartAsync(Token);

        await producer.AddAsync(old.WithArgs("x"), Token);

        await runs.WaitAsync(1);
        Assert.Equal(("x", 42), runs.Runs[0].Value);
    }

    [Fact]
    public async Task Alias_MessageUnderTheOldName_Runs()
    {
        var queue = Queue();
        var runs = NewRecorder();
        queue.RegisterTask(new TaskOptions { Name = "new", Aliases = ["old", "older"], Handler = (int n, TaskContext c) => runs.Add(c, n) });
        var producer = OtherProcess(queue);
        var old = producer.RegisterTask<int>("old");
        var older = producer.RegisterTask<int>("older");
        await queue.StartAsync(Token);

        await producer.AddRangeAsync([old.WithArgs(1), older.WithArgs(2)], Token);

        await runs.WaitAsync(2);
        await EmptyAsync(queue);
        Assert.Equal([1, 2], runs.Runs.Select(run => (int)run.Value!).Order());
    }

    [Fact]
    public async Task CatchAll_TaskNotRegistered_TakesTheMessage()
    {
        var queue = Queue();
        var runs = NewRecorder();
        queue.RegisterTask("known", () => runs.Add("known"));
        queue.RegisterTask("*", (TaskMessage m) => runs.Add(m.TaskName));
        var producer = OtherProcess(queue);
        var known = producer.RegisterTask("known");
        var none = producer.RegisterTask("none");
        var some = producer.RegisterTask<int, string>("some");
        await queue.StartAsync(Token);

        await producer.AddRangeAsync([known.WithArgs(), none.WithArgs(), some.WithArgs(1, "x")], Token);

        await runs.WaitAsync(3);
        await EmptyAsync(queue);
        Assert.Equal(["known", "none", "some"], runs.Runs.Select(run => (string)run.Value!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ProducerHooks_OutermostFirst_CanWriteHeaders()
    {
        var queue = Queue();
        var seen = new TaskCompletionSource<string>();
        var task = queue.RegisterTask("t", (TaskMessage m) => { seen.TrySetResult(m.Headers["order"]); });
        queue.AddHook(new HeaderHook("a"));
        queue.AddHook(new HeaderHook("b"));
        await queue.StartAsync(Token);

        await queue.AddRangeAsync([task.WithArgs()], Token);

        Assert.Equal("ab", await AtOnceAsync(seen.Task, "the handler runs"));
    }

    [Fact]
    public async Task TwoQueues_SameTaskName_DontMix()
    {
        var first = Queue();
        var second = Queue();
        var runs = NewRecorder();
        var one = first.RegisterTask("t", (TaskContext c) => runs.Add(c, first.Name));
        var two = second.RegisterTask("t", (TaskContext c) => runs.Add(c, second.Name));
        await first.AddAsync(one.WithArgs(), Token);
        await second.AddAsync(two.WithArgs(), Token);

        await first.StartAsync(Token);
        await runs.WaitAsync(1);
        await SettleAsync();

        Assert.Equal(first.Name, Assert.Single(runs.Runs).Value);
        await CountsAsync(second, ready: 1);
    }

    [Fact]
    public void RegisterQueue_NameTakenOrInvalid_IsRefused()
    {
        var queue = Queue();

        Assert.Throws<InvalidOperationException>(() => Factory.RegisterQueue(new QueueOptions { Name = queue.Name, TimeProvider = Clock }));
        Assert.ThrowsAny<ArgumentException>(() => Factory.RegisterQueue(new QueueOptions { Name = "a:b", TimeProvider = Clock }));
        Assert.Equal([queue], Factory.Queues);
    }

    public sealed record Person(string Name, int Age, Address Home);

    public sealed class Address
    {
        public string Street { get; set; } = "";

        public List<string> Tags { get; set; } = [];
    }

    private sealed class HeaderHook(string mark) : IProducerHook
    {
        public async Task InvokeAsync(TaskMessage message, Func<TaskMessage, Task> next)
        {
            message.Headers.TryGetValue("order", out var order);
            message.WithHeader("order", order + mark);
            await next(message);
        }
    }
}
