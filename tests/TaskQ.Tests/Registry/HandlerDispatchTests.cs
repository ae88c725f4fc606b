using TaskQ.Registry;
using Xunit;

namespace TaskQ.Tests.Registry;

/// <summary>Arguments that don't fit, defaults, and failures of the handler itself.</summary>
public sealed class HandlerDispatchTests
{
    [Flags]
    private enum Color
    {
        Red = 1,
        Green = 2,
    }

    [Theory]
    [InlineData(1, false, "a,5,Green,,0001")]
    [InlineData(1, true, "a,5,Green,,0001")]
    [InlineData(2, false, "a,6,Green,,0001")]
    [InlineData(2, true, "a,6,Green,,0001")]
    [InlineData(3, true, "a,6,Red,,0001")]
    [InlineData(5, false, "a,6,Red,x,2024")]
    [InlineData(5, true, "a,6,Red,x,2024")]
    public async Task InvokeAsync_FewerArguments_TakesDefaults(int count, bool encoded, string expected)
    {
        string? seen = null;
        TaskDefinition task = TestQueue.Register(
            (string a, long b = 5, Color c = Color.Green, string? d = null, DateTime e = default) => { seen = $"{a},{b},{c},{d},{e:yyyy}"; });
        object?[] all = ["a", 6, Color.Red, "x", new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc)];

        await TestQueue.RunAsync(task, task.WithArgs(all[..count]).Arguments, encoded);

        Assert.Equal(expected, seen);
    }

    [Fact]
    public async Task InvokeAsync_DefaultsOfEveryKind_AreExact()
    {
        var seen = new List<object?>();
        TaskDefinition task = TestQueue.Register(
            (decimal a = 1.5m, int? b = 3, Color? c = Color.Red, byte d = 4, Guid e = default, CancellationToken token = default, char f = 'f') =>
                seen.AddRange([a, b, c, d, e, f]));

        await TestQueue.RunAsync(task, task.WithArgs().Arguments);

        Assert.Equal([1.5m, 3, Color.Red, (byte)4, Guid.Empty, 'f'], seen);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task InvokeAsync_TooManyArguments_IsAMismatch(bool encoded)
    {
        TaskDefinition task = TestQueue.Register((string name) => { });

        ArgumentMismatchException error = await Assert.ThrowsAsync<ArgumentMismatchException>(
            () => TestQueue.RunAsync(task, new ArgumentArray(["a", 2]), encoded));

        AssertNames(error, "'t'", "takes 1 argument (", "argument 2", "one too many");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task InvokeAsync_TooFewArguments_NamesTheMissing(bool encoded)
    {
        TaskDefinition task = TestQueue.Register((string name, int size) => { });

        ArgumentMismatchException error = await Assert.ThrowsAsync<ArgumentMismatchException>(
            () => TestQueue.RunAsync(task, new ArgumentArray(["a"]), encoded));

        AssertNames(error, "'t'", "argument 2", "'size'", "System.Int32", "missing");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task InvokeAsync_ArgumentOfAnotherType_NamesIt(bool encoded)
    {
        bool called = false;
        TaskDefinition task = TestQueue.Register((string name, int size) => { called = true; });

        ArgumentMismatchException error = await Assert.ThrowsAsync<ArgumentMismatchException>(
            () => TestQueue.RunAsync(task, new ArgumentArray(["a", "b"]), encoded));

        AssertNames(error, "'t'", "argument 2", "'size'", "System.Int32");
        Assert.Equal(encoded, error.InnerException is PayloadException);
        Assert.False(called);
    }

    [Fact]
    public async Task InvokeAsync_NullForAValue_IsAMismatch()
    {
        TaskDefinition task = TestQueue.Register((int size) => { });

        await Assert.ThrowsAsync<ArgumentMismatchException>(() => TestQueue.RunAsync(task, new ArgumentArray([null])));
    }

    [Fact]
    public async Task InvokeAsync_NullForAReference_IsPassed()
    {
        string? seen = "x";
        int? number = 1;
        TaskDefinition task = TestQueue.Register((string name, int? size) => { (seen, number) = (name, size); });

        await TestQueue.RunAsync(task, new ArgumentArray([null, null]));

        Assert.Null(seen);
        Assert.Null(number);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task InvokeAsync_HandlerThrows_IsUnchanged(bool encoded)
    {
        var thrown = new PayloadException("of the handler");
        TaskDefinition task = TestQueue.Register((string name) => { if (name.Length > 0) { throw thrown; } });

        PayloadException error = await Assert.ThrowsAsync<PayloadException>(
            () => TestQueue.RunAsync(task, task.WithArgs("a").Arguments, encoded));

        Assert.Same(thrown, error);
    }

    [Fact]
    public void InvokeAsync_SynchronousException_IsThrownToTheCaller()
    {
        TaskDefinition task = TestQueue.Register(Task () => throw new InvalidTimeZoneException());

        void Invoke() => _ = task.Handler!.InvokeAsync(ArgumentArray.Empty, null).AsTask();

        Assert.Throws<InvalidTimeZoneException>((Action)Invoke);
    }

    [Theory]
    [InlineData("Task")]
    [InlineData("ValueTask")]
    [InlineData("ValueTask<T>")]
    [InlineData("object")]
    public async Task InvokeAsync_AsynchronousException_IsInTheTask(string kind)
    {
        Exception thrown = new InvalidTimeZoneException();
        Delegate handler = kind switch
        {
            "Task" => () => Task.FromException(thrown),
            "ValueTask" => () => ValueTask.FromException(thrown),
            "ValueTask<T>" => () => ValueTask.FromException<int>(thrown),
            _ => object () => Task.FromException(thrown),
        };

        ValueTask run = TestQueue.Register(handler).Handler!.InvokeAsync(ArgumentArray.Empty, null);

        await Assert.ThrowsAsync<InvalidTimeZoneException>(async () => await run);
    }

    [Fact]
    public async Task InvokeAsync_NullTask_IsAFailure()
    {
        TaskDefinition task = TestQueue.Register(Task? () => null);

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => TestQueue.RunAsync(task, ArgumentArray.Empty));

        AssertNames(error, "'t'", "null instead of a task");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task InvokeAsync_FallbackWithoutArguments_IgnoresThem(bool encoded)
    {
        int calls = 0;
        TaskDefinition task = TestQueue.Register((string name) => { }, () => { calls++; });
        MessageArguments arguments = new ArgumentArray(["a", 1, 2]);

        await task.Fallback!.InvokeAsync(
            encoded ? TestQueue.Encode(arguments, task.Queue.Options.Serializer) : arguments, null);

        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task InvokeAsync_Fallback_SharesTheHandlersDefaults()
    {
        int seen = 0;
        TaskDefinition task = TestQueue.Register((string name, int size = 4) => { }, (string name, int size) => { seen = size; });

        await task.Fallback!.InvokeAsync(task.WithArgs("a").Arguments, null);

        Assert.Equal(4, seen);
    }

    private static void AssertNames(Exception error, params string[] parts) =>
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
}
