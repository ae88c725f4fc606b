using System.Diagnostics;
using TaskQ.Registry;
using Xunit;

namespace TaskQ.Tests.Registry;

public sealed class DispatchCostTests
{
    private const int Rounds = 1000;

    [Theory]
    [InlineData("fields")]
    [InlineData("array")]
    [InlineData("task")]
    public void InvokeAsync_ArgumentsInMemory_AllocatesNothing(string kind)
    {
        int sum = 0;
        TaskDefinition<string, int> task = TestQueue.Create().RegisterTask<string, int>("t");
        Delegate counts = (string name, int size) => { sum += size; };
        Delegate countsAsync = (string name, int size) =>
        {
            sum += size;
            return Task.CompletedTask;
        };
        task.Handle(kind == "task" ? countsAsync : counts);
        BoundHandler handler = task.Handler!;
        MessageArguments arguments = kind == "array"
            ? ((TaskDefinition)task).WithArgs("a", 1).Arguments
            : task.WithArgs("a", 1).Arguments;
        Run(handler, arguments);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(handler, arguments);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.Equal(2 * Rounds, sum);
    }

    [Fact]
    public void InvokeAsync_HandlersStack_HoldsNoReflection()
    {
        string[]? frames = null;
        TaskDefinition task = TestQueue.Register((string name) =>
        {
            frames = [.. new StackTrace().GetFrames().Select(frame => frame.GetMethod()?.DeclaringType?.FullName ?? "")];
        });

        Run(task.Handler!, task.WithArgs("a").Arguments, rounds: 1);

        int caller = Array.IndexOf(frames!, typeof(DispatchCostTests).FullName);
        Assert.InRange(caller, 1, 4);
        Assert.DoesNotContain(frames![..caller], frame => frame.StartsWith("System.Reflection", StringComparison.Ordinal));
    }

    [Fact]
    public void WithArgs_Typed_AllocatesTheMessageAndOneObject()
    {
        TaskDefinition<string, int> task = TestQueue.Create().RegisterTask<string, int>("t");
        Arguments<string, int>? arguments = null;
        long one = Measure(() => arguments = new Arguments<string, int>("a", 1, task.DeclaredSchema!));
        TaskMessage? message = null;
        long empty = Measure(() => message = new TaskMessage(task, Guid.Empty, arguments!));

        long all = Measure(() => message = task.WithArgs("a", 1));

        Assert.Equal(empty + one, all);
        Assert.NotNull(message);
    }

    private static long Measure(Action action)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 100; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    private static void Run(BoundHandler handler, MessageArguments arguments, int rounds = Rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            ValueTask run = handler.InvokeAsync(arguments, null);
            Assert.True(run.IsCompletedSuccessfully);
        }
    }
}
