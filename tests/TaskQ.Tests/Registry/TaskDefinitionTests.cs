using System.Reflection;
using TaskQ.Registry;
using Xunit;

namespace TaskQ.Tests.Registry;

public sealed class TaskDefinitionTests
{
    [Fact]
    public void Handle_SecondTime_Throws()
    {
        TaskDefinition late = TestQueue.Create().RegisterTask("t");
        late.Handle(() => { });
        TaskDefinition early = TestQueue.Register(() => { });

        Assert.Contains("'t'", Assert.Throws<InvalidOperationException>(() => late.Handle(() => { })).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => early.Handle(() => { }));
    }

    [Fact]
    public void Handle_AfterARefusedOne_IsTaken()
    {
        TaskDefinition<int> task = TestQueue.Create().RegisterTask<int>("t");
        Assert.Throws<ArgumentException>(() => task.Handle((string wrong) => { }));

        task.Handle((int right) => { });

        Assert.NotNull(task.Handler);
    }

    [Fact]
    public async Task Handle_ManyAtOnce_OneWins()
    {
        TaskDefinition task = TestQueue.Create().RegisterTask("t");
        int winner = -1;
        using var start = new Barrier(4);

        bool[] won = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait(TimeSpan.FromSeconds(30));
                try
                {
                    task.Handle(() => { winner = i; });
                    return true;
                }
                catch (InvalidOperationException)
                {
                    return false;
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        await TestQueue.RunAsync(task, ArgumentArray.Empty);
        Assert.Single(won, true);
        Assert.True(won[winner]);
    }

    [Fact]
    public async Task Handle_Late_BindsTheFallbackToo()
    {
        int seen = 0;
        TaskDefinition task = TestQueue.Create().RegisterTask(
            new TaskOptions { Name = "t", FallbackHandler = (string name, int size) => { seen = size; } });

        task.Handle((string name, int size = 4) => { });

        await task.Fallback!.InvokeAsync(task.WithArgs("a").Arguments, null);
        Assert.Equal(4, seen);
    }

    [Fact]
    public async Task RegisterTask_EachArity_RunsByReferenceAndEncoded()
    {
        var seen = new List<int>();
        TaskQueue queue = TestQueue.Create();
        TaskDefinition<int> one = queue.RegisterTask<int>(With("1", (int a) => seen.Add(a)));
        TaskDefinition<int, int> two = queue.RegisterTask<int, int>(With("2", (int a, int b) => seen.Add(a + b)));
        TaskDefinition<int, int, int> three = queue.RegisterTask<int, int, int>(With("3", (int a, int b, int c) => seen.Add(a + b + c)));
        TaskDefinition<int, int, int, int> four = queue.RegisterTask<int, int, int, int>(
            With("4", (int a, int b, int c, int d) => seen.Add(a + b + c + d)));
        TaskDefinition<int, int, int, int, int> five = queue.RegisterTask<int, int, int, int, int>(
            With("5", (int a, int b, int c, int d, int e) => seen.Add(a + b + c + d + e)));
        TaskDefinition<int, int, int, int, int, int> six = queue.RegisterTask<int, int, int, int, int, int>(
            With("6", (int a, int b, int c, int d, int e, int f) => seen.Add(a + b + c + d + e + f)));
        TaskMessage[] messages =
        [
            one.WithArgs(1), two.WithArgs(1, 2), three.WithArgs(1, 2, 4), four.WithArgs(1, 2, 4, 8),
            five.WithArgs(1, 2, 4, 8, 16), six.WithArgs(1, 2, 4, 8, 16, 32),
        ];

        foreach (TaskMessage message in messages)
        {
            await TestQueue.RunAsync(message.Definition!, message.Arguments);
            await TestQueue.RunAsync(message.Definition!, message.Arguments, encoded: true);
        }

        Assert.Equal([1, 1, 3, 3, 7, 7, 15, 15, 31, 31, 63, 63], seen);
    }

    [Fact]
    public void WithArgs_TypedNull_ChoosesTheTypedOverload() =>
        Assert.IsType<Arguments<string?>>(TestQueue.Create().RegisterTask<string?>("t").WithArgs(null).Arguments);

    [Theory]
    [InlineData(typeof(TaskDefinition<int>))]
    [InlineData(typeof(TaskDefinition<int, int>))]
    [InlineData(typeof(TaskDefinition<int, int, int>))]
    [InlineData(typeof(TaskDefinition<int, int, int, int>))]
    [InlineData(typeof(TaskDefinition<int, int, int, int, int>))]
    [InlineData(typeof(TaskDefinition<int, int, int, int, int, int>))]
    public void WithArgs_TypedTasksUntypedOverload_DoesNotCompile(Type definition)
    {
        MethodInfo untyped = definition.GetMethod("WithArgs", BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly, [typeof(object[])])!;

        Assert.True(untyped.GetCustomAttribute<ObsoleteAttribute>()!.IsError);
    }

    private static TaskOptions With(string name, Delegate handler) => new() { Name = name, Handler = handler };
}
