using Microsoft.Extensions.DependencyInjection;
using TaskQ.Dispatch;
using TaskQ.Registry;
using Xunit;

namespace TaskQ.Tests.Registry;

public sealed class HandlerInjectionTests
{
    private interface IClock
    {
        string Name { get; }
    }

    [Fact]
    public async Task InvokeAsync_KnownTypesAnywhere_AreInjected()
    {
        var seen = new List<object>();
        TaskDefinition task = TestQueue.Register(
            (CancellationToken token, string name, TaskContext context, int size, TaskMessage message) =>
                seen.AddRange([token, name, context, size, message]));
        TaskMessage message = task.WithArgs("a", 3);
        using var cancellation = new CancellationTokenSource();
        await using var invocation = new Invocation(message, task.Queue, cancellation.Token);

        await task.Handler!.InvokeAsync(message.Arguments, invocation);

        Assert.Equal([cancellation.Token, "a", invocation.Context, 3, message], seen);
        Assert.Equal([typeof(string), typeof(int)], task.Handler.Arguments.Types);
    }

    [Theory]
    [InlineData("none", false, false)]
    [InlineData("token", true, true)]
    [InlineData("context", true, true)]
    [InlineData("message", true, false)]
    [InlineData("service", true, false)]
    public void BoundHandler_Flags_SayWhatItNeeds(string kind, bool needsInvocation, bool observesCancellation)
    {
        var handlers = new Dictionary<string, Delegate>
        {
            ["none"] = (string name) => { },
            ["token"] = (CancellationToken token) => { },
            ["context"] = (TaskContext context) => { },
            ["message"] = (TaskMessage message) => { },
            ["service"] = ([Inject] IClock clock) => { },
        };

        BoundHandler bound = TestQueue.Register(handlers[kind]).Handler!;

        Assert.Equal(needsInvocation, bound.NeedsInvocation);
        Assert.Equal(observesCancellation, bound.ObservesCancellation);
    }

    [Fact]
    public async Task InvokeAsync_Fallback_GetsTheError()
    {
        Exception? seen = null;
        TaskDefinition task = TestQueue.Register((string name) => { }, (string name, Exception error) => { seen = error; });
        TaskMessage message = task.WithArgs("a");
        var error = new InvalidOperationException();
        await using var invocation = new Invocation(message, task.Queue, default) { Error = error };

        await task.Fallback!.InvokeAsync(message.Arguments, invocation);

        Assert.Same(error, seen);
    }

    [Fact]
    public async Task InvokeAsync_MarkedServices_ComeFromTheScope()
    {
        var seen = new List<string>();
        TaskDefinition task = TestQueue.Register(
            (string name, [Inject] IClock plain, [FromKeyedServices("utc")] IClock keyed, [Microsoft.AspNetCore.Mvc.FromServices] IClock mvc) =>
                seen.AddRange([name, plain.Name, keyed.Name, mvc.Name]),
            services: Services());

        await TestQueue.RunAsync(task, task.WithArgs("a").Arguments);

        Assert.Equal(["a", "plain", "utc", "plain"], seen);
    }

    [Fact]
    public async Task InvokeAsync_ScopedService_IsOnePerMessage()
    {
        var seen = new List<Scoped>();
        TaskDefinition task = TestQueue.Register(
            ([Inject] Scoped first, [Inject] Scoped second) => seen.AddRange([first, second]),
            services: Services());

        await TestQueue.RunAsync(task, task.WithArgs().Arguments);
        await TestQueue.RunAsync(task, task.WithArgs().Arguments);

        Assert.Same(seen[0], seen[1]);
        Assert.NotSame(seen[0], seen[2]);
        Assert.All(seen, scoped => Assert.True(scoped.IsDisposed));
    }

    [Fact]
    public async Task InvokeAsync_TypedTask_TakesTheRestFromServices()
    {
        string? seen = null;
        TaskQueue queue = TestQueue.Create(Services());
        TaskDefinition<string, int> task = queue.RegisterTask<string, int>("typed");
        task.Handle((string name, CancellationToken token, int size, IClock clock) => { seen = name + size + clock.Name; });

        await TestQueue.RunAsync(task, task.WithArgs("a", 3).Arguments);
        await TestQueue.RunAsync(task, task.WithArgs("a", 3).Arguments, encoded: true);

        Assert.Equal("a3plain", seen);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("keyed")]
    public async Task InvokeAsync_MissingService_NamesTaskParameterAndType(string kind)
    {
        Delegate handler = ([Inject] HandlerInjectionTests clock) => { };
        if (kind == "keyed")
        {
            handler = ([FromKeyedServices("no such key")] IClock clock) => { };
        }

        TaskDefinition task = TestQueue.Register(handler, services: Services());

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => TestQueue.RunAsync(task, task.WithArgs().Arguments));

        Assert.Contains("'t'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'clock'", error.Message, StringComparison.Ordinal);
        Assert.Contains(kind == "keyed" ? nameof(IClock) : nameof(HandlerInjectionTests), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InvokeAsync_QueueWithoutServices_SaysSo()
    {
        TaskDefinition task = TestQueue.Register(([Inject] IClock clock) => { });

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => TestQueue.RunAsync(task, task.WithArgs().Arguments));

        Assert.Contains("QueueOptions.Services", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InvokeAsync_OptionalServiceMissing_IsNullOrItsDefault()
    {
        var seen = new List<object?>();
        TaskDefinition task = TestQueue.Register(
            ([Inject] IClock? annotated, [FromKeyedServices("x")] IClock? keyed, [Inject] int? number, [Inject] int size = 7) =>
                seen.AddRange([annotated, keyed, number, size]));

        await TestQueue.RunAsync(task, task.WithArgs().Arguments);

        Assert.Equal([null, null, null, 7], seen);
    }

    private static ServiceProvider Services() => new ServiceCollection()
        .AddSingleton<IClock>(new Clock("plain"))
        .AddKeyedSingleton<IClock>("utc", new Clock("utc"))
        .AddScoped<Scoped>()
        .BuildServiceProvider();

    private sealed record Clock(string Name) : IClock;

    private sealed class Scoped : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
