using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Trace;
using TaskQ.Redis;

namespace TaskQ.OpenTelemetry.Tests;

public sealed class PropagationTests(RedisFixture redis)
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";

    [Fact]
    public async Task Redis_ContextAndBaggage_ArriveInTheWorker()
    {
        using var spans = new SpanCollector();
        string queue = $"otel-{Guid.NewGuid():N}";

        // Two connections, as two processes have them.
        await using var producing = new RedisQueueFactory(redis.Configuration);
        await using var consuming = new RedisQueueFactory(redis.Configuration);
        TaskQueue producer = producing.RegisterQueue(new QueueOptions { Name = queue });
        TaskQueue consumer = consuming.RegisterQueue(new QueueOptions { Name = queue });
        producer.AddHook(new OpenTelemetryHook());
        consumer.Consumer.AddHook(new OpenTelemetryHook());
        TaskDefinition<string> work = producer.RegisterTask<string>("work");
        string? tenant = null;
        IDictionary<string, string>? headers = null;
        consumer.RegisterTask("work", (string text, TaskMessage message) =>
        {
            tenant = Baggage.GetBaggage("tenant");
            headers = message.Headers;
        });

        Baggage.SetBaggage("tenant", "seven, or 7");
        using (Activity caller = SpanCollector.Caller.StartActivity("caller")!)
        {
            caller.TraceStateString = "vendor=1";
            await producer.AddAsync(work.WithArgs("a"), TestContext.Current.CancellationToken);
        }

        Baggage.ClearBaggage();
        await consumer.Consumer.ProcessAllAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);

        Activity add = Assert.Single(spans.Named($"add {queue}"));
        Activity process = Assert.Single(spans.Named($"process {queue}"));
        Assert.Equal(add.SpanId, process.ParentSpanId);
        Assert.Equal(add.TraceId, process.TraceId);
        Assert.Equal(add.SpanId, Assert.Single(process.Links).Context.SpanId);
        Assert.True(process.HasRemoteParent);
        Assert.Equal("vendor=1", process.TraceStateString);
        Assert.Equal("redis", add.GetTagItem("messaging.system"));
        Assert.Equal("redis", process.GetTagItem("messaging.system"));
        Assert.Equal("seven, or 7", tenant);
        Assert.Equal($"00-{add.TraceId}-{add.SpanId}-01", headers!["traceparent"]);
        Assert.Equal("vendor=1", headers["tracestate"]);
    }

    [Fact]
    public async Task Redis_DelayAndRetry_AreOnlyLinked()
    {
        using var spans = new SpanCollector();
        await using var pipeline = new Pipeline(factory: new RedisQueueFactory(redis.Configuration));
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskDefinition task = pipeline.Register((TaskContext context) =>
        {
            if (context.Attempt == 1)
            {
                throw new InvalidOperationException("once more");
            }

            done.SetResult();
        });
        await pipeline.Queue.StartAsync(TestContext.Current.CancellationToken);
        await pipeline.Queue.AddAsync(task.WithArgs().WithDelay(TimeSpan.FromMilliseconds(20)), TestContext.Current.CancellationToken);
        await done.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        await pipeline.Queue.StopAsync(TimeSpan.FromSeconds(30));

        Activity add = Assert.Single(spans.Named(pipeline.AddSpan));
        Activity[] runs = spans.Named(pipeline.ProcessSpan);
        Assert.Equal(2, runs.Length);
        Assert.All(runs, run => Assert.Equal(default, run.ParentSpanId));
        Assert.All(runs, run => Assert.Equal(add.SpanId, Assert.Single(run.Links).Context.SpanId));
    }

    [Theory]
    [InlineData("traceparent", "")]
    [InlineData("traceparent", "nonsense")]
    [InlineData("traceparent", "00-00000000000000000000000000000000-0000000000000000-01")]
    [InlineData("traceparent", "00-" + TraceId + "-b7ad6b7169203331-zz")]
    [InlineData("traceparent", "ff-" + TraceId + "-b7ad6b7169203331-01")]
    [InlineData("traceparent", "\0\ud800\n")]
    [InlineData("tracestate", "a=b=c,,=;\u0001")]
    [InlineData("baggage", "=,;%zz%,a==;b=%F")]
    [InlineData("baggage", "long")]
    [InlineData("taskq-delayed", "?")]
    public async Task Process_BrokenHeader_RunsAllTheSame(string name, string value)
    {
        using var spans = new SpanCollector();

        // A foreign producer: no hook puts the headers right.
        await using var pipeline = new Pipeline(producerHook: false);
        int runs = 0;
        TaskDefinition task = pipeline.Register(() => { runs++; });
        TaskMessage message = task.WithArgs().WithHeader("traceparent", $"00-{TraceId}-b7ad6b7169203331-01");
        message.WithHeader(name, value == "long" ? string.Concat(Enumerable.Repeat("k=v,", 100_000)) : value);

        await pipeline.RunAsync(message);

        Assert.Equal(1, runs);
        Assert.Equal(ActivityStatusCode.Unset, Assert.Single(spans.Named(pipeline.ProcessSpan)).Status);
        Assert.Equal(new QueueCounts(0, 0, 0, 0), await pipeline.Queue.CountAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Process_ForeignProducer_ContinuesItsTrace()
    {
        using var spans = new SpanCollector();
        await using var pipeline = new Pipeline(producerHook: false);
        TaskMessage message = pipeline.Register(() => { }).WithArgs().WithHeader("traceparent", $"00-{TraceId}-b7ad6b7169203331-01");

        await pipeline.RunAsync(message);

        Activity process = Assert.Single(spans.Named(pipeline.ProcessSpan));
        Assert.Equal(TraceId, process.TraceId.ToHexString());
        Assert.Equal("b7ad6b7169203331", process.ParentSpanId.ToHexString());
    }

    [Fact]
    public async Task PropagatorThatThrows_AddAndProcess_GoOnAndSaySo()
    {
        using var spans = new SpanCollector();
        await using var pipeline = new Pipeline(new OpenTelemetryHookOptions { Propagator = new BrokenPropagator() });
        int runs = 0;

        await pipeline.RunAsync(pipeline.Register(() => { runs++; }).WithArgs());

        Assert.Equal(1, runs);
        Activity[] all = [.. spans.Named(pipeline.AddSpan), .. spans.Named(pipeline.ProcessSpan)];
        Assert.Equal(2, all.Length);
        Assert.All(all, span => Assert.Equal("taskq.propagation_failed", Assert.Single(span.Events).Name));
    }

    [Fact]
    public async Task Add_NobodyListensButACallersSpan_CarriesThatContext()
    {
        await using var pipeline = new Pipeline(new OpenTelemetryHookOptions { Propagator = new TraceContextPropagator() });
        string? received = null;
        TaskDefinition task = pipeline.Register((TaskMessage message) => { received = message.Headers["traceparent"]; });
        using var caller = new Activity("caller");
        caller.Start();

        await pipeline.RunAsync(task.WithArgs());

        Assert.Equal(caller.Id, received);
    }

    [Fact]
    public async Task Add_NotSampled_CarriesTheDecision()
    {
        using var spans = new SpanCollector(builder => builder.SetSampler(new AlwaysOffSampler()));
        await using var pipeline = new Pipeline();
        string? header = null;
        ActivityContext inHandler = default;
        TaskDefinition task = pipeline.Register((TaskMessage message) =>
        {
            header = message.Headers["traceparent"];
            inHandler = Activity.Current!.Context;
        });

        await pipeline.RunAsync(task.WithArgs());

        Assert.EndsWith("-00", header, StringComparison.Ordinal);
        Assert.Contains(inHandler.TraceId.ToHexString(), header, StringComparison.Ordinal);
        Assert.Equal(ActivityTraceFlags.None, inHandler.TraceFlags);
        Assert.Empty(spans.Named(pipeline.ProcessSpan));
    }

    [Fact]
    public async Task Baggage_AfterARun_IsGone()
    {
        using var spans = new SpanCollector();
        await using var pipeline = new Pipeline();
        var seen = new List<string?>();
        TaskDefinition task = pipeline.Register(() => { seen.Add(Baggage.GetBaggage("tenant")); });
        Baggage.SetBaggage("tenant", "7");
        await pipeline.Queue.AddAsync(task.WithArgs(), TestContext.Current.CancellationToken);
        Baggage.ClearBaggage();
        await pipeline.Queue.AddAsync(task.WithArgs(), TestContext.Current.CancellationToken);

        await pipeline.RunAsync();

        Assert.Equal(["7", null], seen);
        Assert.Null(Baggage.GetBaggage("tenant"));
    }

    private sealed class BrokenPropagator : TextMapPropagator
    {
        public override ISet<string> Fields => new HashSet<string>();

        public override PropagationContext Extract<T>(PropagationContext context, T carrier, Func<T, string, IEnumerable<string>?> getter) =>
            throw new FormatException("broken");

        public override void Inject<T>(PropagationContext context, T carrier, Action<T, string, string> setter) =>
            throw new FormatException("broken");
    }
}
