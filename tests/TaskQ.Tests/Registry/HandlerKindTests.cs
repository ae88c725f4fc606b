using System.Linq.Expressions;
using TaskQ.Registry;
using Xunit;

namespace TaskQ.Tests.Registry;

/// <summary>Every kind of delegate is called, with every kind of arguments.</summary>
public sealed class HandlerKindTests
{
    private readonly List<string> _calls = [];

    public enum Source
    {
        Array,
        Fields,
        Bytes,
    }

    public static TheoryData<string, Source> Kinds()
    {
        var data = new TheoryData<string, Source>();
        foreach (string kind in new HandlerKindTests().Handlers().Keys)
        {
            foreach (Source source in Enum.GetValues<Source>())
            {
                data.Add(kind, source);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task InvokeAsync_AnyDelegate_GetsItsArguments(string kind, Source source)
    {
        TaskDefinition task = TestQueue.Register(Handlers()[kind]);
        MessageArguments arguments = source == Source.Fields
            ? new Arguments<string, int>("a", 3, task.Handler!.Arguments)
            : task.WithArgs("a", 3).Arguments;

        await TestQueue.RunAsync(task, arguments, source == Source.Bytes);

        Assert.Equal(["a3"], _calls);
    }

    [Fact]
    public async Task InvokeAsync_NoParameters_Calls()
    {
        int calls = 0;
        TaskDefinition task = TestQueue.Register(() => { calls++; });

        await TestQueue.RunAsync(task, task.WithArgs().Arguments);
        await TestQueue.RunAsync(task, task.WithArgs().Arguments, encoded: true);

        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task InvokeAsync_StaticMethodAndStaticLambda_AreCalled()
    {
        TaskDefinition method = TestQueue.Register(StaticHandler);
        TaskDefinition lambda = TestQueue.Register(static (List<string> calls) => calls.Add("lambda"));

        await TestQueue.RunAsync(method, method.WithArgs(_calls).Arguments);
        await TestQueue.RunAsync(lambda, lambda.WithArgs(_calls).Arguments);

        Assert.Equal(["static", "lambda"], _calls);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task InvokeAsync_EightParameters_AllArrive(bool encoded)
    {
        string? seen = null;
        TaskDefinition task = TestQueue.Register(
            (int a, long b, string c, bool d, double e, Guid f, int[] g, string? h) => { seen = $"{a}{b}{c}{d}{e}{f}{g[1]}{h}"; });
        Guid id = Guid.NewGuid();

        await TestQueue.RunAsync(task, task.WithArgs(1, 2, "c", true, 0.5, id, new[] { 7, 8 }, null).Arguments, encoded);

        Assert.Equal($"12cTrue{0.5}{id}8", seen);
    }

    [Fact]
    public async Task InvokeAsync_AsyncHandler_EndsWithIt()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskDefinition task = TestQueue.Register(async () =>
        {
            await gate.Task;
            _calls.Add("done");
        });

        Task run = TestQueue.RunAsync(task, task.WithArgs().Arguments);

        Assert.False(run.IsCompleted);
        gate.SetResult();
        await run;
        Assert.Equal(["done"], _calls);
    }

    [Fact]
    public async Task InvokeAsync_ArgumentsOfOtherTypes_AreConverted()
    {
        long seen = 0;
        TaskDefinition task = TestQueue.Register((string name, long size) => { seen = size + name.Length; });

        await TestQueue.RunAsync(task, new Arguments<string, int>("ab", 3, task.Handler!.Arguments));

        Assert.Equal(5, seen);
    }

    private static void StaticHandler(List<string> calls) => calls.Add("static");

    private static void ClosedHandler(HandlerKindTests test, string name, int size) => test.Note(name, size);

    private void InstanceHandler(string name, int size) => Note(name, size);

    private void WiderHandler(object name, int size) => Note((string)name, size);

    private Dictionary<string, Delegate> Handlers() => new()
    {
        ["lambda"] = (string name, int size) => Note(name, size),
        ["instance method"] = InstanceHandler,
        ["method of a base type"] = (Action<string, int>)WiderHandler,
        ["closed static method"] = Delegate.CreateDelegate(
            typeof(Action<string, int>),
            this,
            new Action<HandlerKindTests, string, int>(ClosedHandler).Method),
        ["compiled expression"] = Compiled(),
        ["own delegate type"] = new OwnDelegate(InstanceHandler),
        ["value"] = (string name, int size) => Note(name, size).Length,
        ["reference"] = (string name, int size) => Note(name, size),
        ["Task"] = (string name, int size) => Task.FromResult(Note(name, size)) as Task,
        ["async Task"] = async (string name, int size) =>
        {
            await Task.Yield();
            Note(name, size);
        },
        ["async Task<T>"] = async (string name, int size) =>
        {
            await Task.Yield();
            return Note(name, size).Length;
        },
        ["ValueTask"] = ValueTask (string name, int size) =>
        {
            Note(name, size);
            return default;
        },
        ["async ValueTask"] = async ValueTask (string name, int size) =>
        {
            await Task.Yield();
            Note(name, size);
        },
        ["async ValueTask<T>"] = async ValueTask<int> (string name, int size) =>
        {
            await Task.Yield();
            return Note(name, size).Length;
        },
        ["completed ValueTask<T>"] = (string name, int size) => new ValueTask<int>(Note(name, size).Length),
        ["object that is a task"] = object (string name, int size) => Task.FromResult(Note(name, size)),
    };

    private string Note(string name, int size)
    {
        _calls.Add(name + size);
        return name;
    }

    private Action<string, int> Compiled()
    {
        ParameterExpression name = Expression.Parameter(typeof(string));
        ParameterExpression size = Expression.Parameter(typeof(int));
        return Expression.Lambda<Action<string, int>>(
            Expression.Call(Expression.Constant(this), nameof(InstanceHandler), null, name, size), name, size).Compile();
    }

    private delegate void OwnDelegate(string name, int size);
}
