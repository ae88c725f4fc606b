using System.Diagnostics;
using TaskQ.Memory;

namespace TaskQ.OpenTelemetry.Tests;

public sealed class SpanTests
{
    [Fact]
    public async Task Add_InCallersSpan_IsItsChildAndAProducer()
    {
        using var spans = new SpanCollector();
        await using var pipeline = new Pipeline();
        TaskMessage message = pipeline.Register(() => { }).WithArgs();
        using (Activity caller = SpanCollector.Caller.StartActivity("caller")!)
        {
            await pipeline.RunAsync(message);
            Activity span = Assert.Single(spans.Named(pipeline.AddSpan));
            Assert.Equal(caller.SpanId, span.ParentSpanId);
            Assert.Equal(ActivityKind.Producer, span.Kind);
            Assert.Equal("TaskQ", span.Source.Name);
            Assert.Equal("https://opentelemetry.io/schemas/1.44.0", span.Source.TelemetrySchemaUrl);
            AssertTags(
                span,
                ("messaging.operation.name", "add"),
                ("messaging.operation.type", "send"),
                ("messaging.system", "in_memory"),
                ("messaging.destination.name", pipeline.Queue.Name),
                ("messaging.message.id", message.Id.ToString()),
                ("taskq.task.name", "work"));
        }
    }

    [Fact]
    public async Task Process_ImmediateFirstAttempt_IsChildOfAndLinkedToTheAdd()
    {
        using var spans = new SpanCollector();
        await using var pipeline = new Pipeline();
        ActivityContext inHandler = default;
        TaskMessage message = pipeline.Register(() => { inHandler = Activity.Current!.Context; }).WithArgs();

        await pipeline.RunAsync(message);

        Activity add = Assert.Single(spans.Named(pipeline.AddSpan));
        Activity process = Assert.Single(spans.Named(pipeline.ProcessSpan));
        Assert.Equal(add.SpanId, process.ParentSpanId);
        Assert.Equal(add.TraceId, process.TraceId);
        Assert.Equal(add.SpanId, Assert.Single(process.Links).Context.SpanId);
        Assert.Equal(process.SpanId, inHandler.SpanId);
        Assert.Equal(ActivityKind.Consumer, process.Kind);
        Assert.Equal(ActivityStatusCode.Unset, process.Status);
        AssertTags(
            process,
            ("messaging.operation.name", "process"),
            ("messaging.operation.type", "process"),
            ("messaging.system", "in_memory"),
            ("messaging.destination.name", pipeline.Queue.Name),
            ("messaging.message.id", message.Id.ToString()),
            ("taskq.task.name", "work"),
            ("taskq.message.attempt", 1));
    }

    [Fact]
    public async Task Process_PassedByReference_IsTheSame()
    {
        using var spans = new SpanCollector();
        await using var pipeline = new Pipeline(factory: new MemoryQueueFactory());
        TaskDefinition task = pipeline.Register(() => { });
        TaskMessage later = task.WithArgs().WithDelay(TimeSpan.FromHours(1));
        await pipeline.Queue.AddAsync(later, TestContext.Current.CancellationToken);
        await pipeline.Queue.RescheduleAsync(later.Id, DateTimeOffset.UnixEpoch, TestContext.Current.CancellationToken);

        await pipeline.RunAsync(task.WithArgs());

        Activity[] adds = spans.Named(pipeline.AddSpan);
        Activity[] runs = spans.Named(pipeline.ProcessSpan);
        Assert.Equal([default, adds[1].SpanId], runs.OrderBy(run => run.ParentSpanId != default).Select(run => run.ParentSpanId));
        Assert.All(runs, run => Assert.Single(run.Links));
    }

    [Fact]
    public async Task Process_Retries_AreLinkedNotParentedAndShowTheirErrors()
    {
        using var spans = new SpanCollector();
        await using var pipeline = new Pipeline();
        TaskDefinition task = pipeline.Register((TaskContext context) =>
        {
            if (context.Attempt < 3)
            {
                throw new InvalidOperationException($"attempt {context.Attempt}");
            }
        });

        await pipeline.RunAsync(task.WithArgs());

        Activity add = Assert.Single(spans.Named(pipeline.AddSpan));
        Activity[] runs = spans.Named(pipeline.ProcessSpan);
        Assert.Equal([1, 2, 3], runs.Select(run => (int)run.GetTagItem("taskq.message.attempt")!));
        Assert.Equal([add.SpanId, default, default], runs.Select(run => run.ParentSpanId));
        Assert.Equal(3, runs.Select(run => run.TraceId).Distinct().Count());
        Assert.All(runs, run => Assert.Equal(add.SpanId, Assert.Single(run.Links).Context.SpanId));
        Assert.Equal([ActivityStatusCode.Error, ActivityStatusCode.Error, ActivityStatusCode.Unset], runs.Select(run => run.Status));
        Assert.Equal(["attempt 1", "attempt 2", null], runs.Select(run => run.StatusDescription));
        Assert.Equal(
            [typeof(InvalidOperationException).FullName, typeof(InvalidOperationException).FullName, null],
            runs.Select(run => run.GetTagItem("error.type")));
        ActivityEvent recorded = Assert.Single(runs[1].Events);
        Assert.Equal("exception", recorded.Name);
        Assert.Contains(recorded.Tags, tag => tag is { Key: "exception.message", Value: "attempt 2" });
        Assert.Empty(runs[2].Events);
    }

    [Theory]
    [InlineData(SpanParent.WhenImmediate, false)]
    [InlineData(SpanParent.Always, true)]
    [InlineData(SpanParent.Never, false)]
    public async Task Process_Delayed_IsLinkedAndOnlyChildWhenForced(SpanParent parent, bool isChild)
    {
        using var spans = new SpanCollector();
        await using var pipeline = new Pipeline(new OpenTelemetryHookOptions { Parent = parent });
        var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskDefinition task = pipeline.Register(() => { ran.SetResult(); });
        await pipeline.Queue.StartAsync(TestContext.Current.CancellationToken);

        await pipeline.Queue.AddAsync(task.WithArgs().WithDelay(TimeSpan.FromMilliseconds(20)), TestContext.Current.CancellationToken);
        await ran.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        await pipeline.Queue.StopAsync(TimeSpan.FromSeconds(30));

        AssertRelation(spans, pipeline, isChild);
    }

    [Fact]
    public async Task Process_Scheduled_IsOnlyLinked()
    {
        using var spans = new SpanCollector();
        await using var pipeline = new Pipeline();
        TaskMessage message = pipeline.Register(() => { }).WithArgs();
        message.WithSchedule(TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(1));
        await pipeline.Queue.AddAsync(message, TestContext.Current.CancellationToken);
        await pipeline.Queue.RescheduleAsync(message.Id, DateTimeOffset.UnixEpoch, TestContext.Current.CancellationToken);

        await pipeline.RunAsync();

        AssertRelation(spans, pipeline, isChild: false);
    }

    [Fact]
    public async Task Process_ImmediateButNeverParent_BeginsATrace()
    {
        using var spans = new SpanCollector();
        await using var pipeline = new Pipeline(new OpenTelemetryHookOptions { Parent = SpanParent.Never });

        await pipeline.RunAsync(pipeline.Register(() => { }).WithArgs());

        AssertRelation(spans, pipeline, isChild: false);
    }

    [Fact]
    public async Task Process_InSpanOfAnOuterHook_LinksThatToo()
    {
        using var spans = new SpanCollector();
        await using var pipeline = new Pipeline(outer: new OuterHook());

        await pipeline.RunAsync(pipeline.Register(() => { }).WithArgs());

        Activity add = Assert.Single(spans.Named(pipeline.AddSpan));
        Activity ambient = Assert.Single(spans.Named("outer"));
        Activity process = Assert.Single(spans.Named(pipeline.ProcessSpan));
        Assert.Equal(add.SpanId, process.ParentSpanId);
        Assert.Equal([add.SpanId, ambient.SpanId], process.Links.Select(link => link.Context.SpanId));
    }

    [Fact]
    public async Task AddRange_EachMessage_HasItsSpanAndItsOwnContext()
    {
        using var spans = new SpanCollector();
        await using var pipeline = new Pipeline();
        TaskDefinition task = pipeline.Register((int number) => { });

        await pipeline.Queue.AddRangeAsync(Enumerable.Range(0, 10).Select(number => task.WithArgs(number)), TestContext.Current.CancellationToken);
        await pipeline.RunAsync();

        Activity[] adds = spans.Named(pipeline.AddSpan);
        Activity[] runs = spans.Named(pipeline.ProcessSpan);
        Assert.Equal(10, adds.Length);
        Assert.Equal(
            adds.Select(add => add.SpanId.ToHexString()).Order(StringComparer.Ordinal),
            runs.Select(run => run.ParentSpanId.ToHexString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Add_ThatFails_IsAnErrorAndThrows()
    {
        using var spans = new SpanCollector();
        await using var pipeline = new Pipeline();
        TaskMessage message = pipeline.Register(() => { }).WithArgs();
        await pipeline.Queue.AddAsync(message, TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<InvalidOperationException>(() => pipeline.Queue.AddAsync(message, TestContext.Current.CancellationToken));

        Activity failed = Assert.Single(spans.Named(pipeline.AddSpan), span => span.Status == ActivityStatusCode.Error);
        Assert.Equal(typeof(InvalidOperationException).FullName, failed.GetTagItem("error.type"));
        Assert.Contains("has been added already", failed.StatusDescription, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_AfterARun_HasNoSpan()
    {
        using var spans = new SpanCollector();
        await using var pipeline = new Pipeline();
        var parents = new List<ActivitySpanId>();
        TaskDefinition task = pipeline.Register(() => { parents.Add(Activity.Current!.ParentSpanId); }, retryLimit: 1);
        TaskMessage[] messages = [.. Enumerable.Range(0, 50).Select(_ => task.WithArgs())];

        await pipeline.RunAsync(messages);

        Assert.Equal(50, parents.Distinct().Count());
        Assert.Null(Activity.Current);
    }

    [Fact]
    public void Hook_UnknownParent_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new OpenTelemetryHook(new OpenTelemetryHookOptions { Parent = (SpanParent)7 }));

    private static void AssertRelation(SpanCollector spans, Pipeline pipeline, bool isChild)
    {
        Activity add = Assert.Single(spans.Named(pipeline.AddSpan));
        Activity process = Assert.Single(spans.Named(pipeline.ProcessSpan));
        Assert.Equal(add.SpanId, Assert.Single(process.Links).Context.SpanId);
        Assert.Equal(isChild ? add.SpanId : default, process.ParentSpanId);
        Assert.Equal(isChild, add.TraceId == process.TraceId);
    }

    private static void AssertTags(Activity span, params (string Key, object? Value)[] expected) =>
        Assert.Equal(
            expected.OrderBy(tag => tag.Key, StringComparer.Ordinal),
            span.TagObjects.Select(tag => (tag.Key, tag.Value)).OrderBy(tag => tag.Key, StringComparer.Ordinal));

    private sealed class OuterHook : IConsumerHook
    {
        public async Task InvokeAsync(TaskContext context, TaskDelegate next)
        {
            using Activity? span = SpanCollector.Caller.StartActivity("outer");
            await next(context);
        }
    }
}
