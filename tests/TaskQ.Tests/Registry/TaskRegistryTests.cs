using TaskQ.Registry;
using Xunit;

namespace TaskQ.Tests.Registry;

public sealed class TaskRegistryTests
{
    private readonly TaskQueue _queue = TestQueue.Create();

    [Fact]
    public void FindTask_NameAliasOrCatchAll_InThatOrder()
    {
        TaskDefinition task = _queue.RegisterTask(new TaskOptions { Name = "new", Aliases = ["old", "older"] });
        Assert.Null(_queue.FindTask("other"));

        TaskDefinition catchAll = _queue.RegisterTask("*");

        Assert.Same(task, _queue.FindTask("new"));
        Assert.Same(task, _queue.FindTask("old"));
        Assert.Same(task, _queue.FindTask("older"));
        Assert.Same(catchAll, _queue.FindTask("other"));
        Assert.Same(catchAll, _queue.FindTask("New"));
        Assert.Same(catchAll, _queue.FindTask("*"));
    }

    [Theory]
    [InlineData("name", "name")]
    [InlineData("alias", "name")]
    [InlineData("name", "alias")]
    [InlineData("alias", "alias")]
    public void RegisterTask_NameTaken_NamesQueueAndTask(string first, string second)
    {
        _queue.RegisterTask(Options("a", "x", first));

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(
            () => _queue.RegisterTask(Options("b", "x", second)));

        Assert.Contains("'test'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'x'", error.Message, StringComparison.Ordinal);
        Assert.Single(_queue.Tasks);
        Assert.Null(_queue.FindTask("b"));

        static TaskOptions Options(string own, string taken, string kind) =>
            kind == "name" ? new TaskOptions { Name = taken } : new TaskOptions { Name = own, Aliases = [taken] };
    }

    [Fact]
    public void RegisterTask_OtherQueue_MayHaveTheSameName()
    {
        _queue.RegisterTask("t");

        Assert.NotNull(TestQueue.Create().RegisterTask("t"));
    }

    [Fact]
    public void Tasks_RegisteredLater_AreNotInAnEarlierView()
    {
        TaskDefinition first = _queue.RegisterTask(new TaskOptions { Name = "first", Aliases = ["old"] });
        IReadOnlyDictionary<string, TaskDefinition> view = _queue.Tasks;

        _queue.RegisterTask("second");

        Assert.Equal([KeyValuePair.Create("first", first)], view);
        Assert.Equal(2, _queue.Tasks.Count);
        Assert.False(_queue.Tasks is Dictionary<string, TaskDefinition>);
    }

    [Fact]
    public void RegisterTask_Options_AreCopied()
    {
        var options = new TaskOptions { Name = "t", RetryLimit = 5, Aliases = new List<string> { "old" } };
        TaskDefinition task = _queue.RegisterTask(options);

        options.RetryLimit = 6;
        options.Name = "u";
        ((List<string>)options.Aliases).Add("older");

        Assert.Equal("t", task.Name);
        Assert.Equal(5, task.Options.RetryLimit);
        Assert.Equal(["old"], task.Options.Aliases);
    }

    [Fact]
    public async Task RegisterTask_ManyAtOnce_AllAreFound()
    {
        await Parallel.ForAsync(0, 200, (i, _) =>
        {
            TaskDefinition task = _queue.RegisterTask($"t{i}");
            Assert.Same(task, _queue.FindTask($"t{i}"));
            return default;
        });

        Assert.Equal(200, _queue.Tasks.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CatchAll_HandlerWithoutArguments_TakesMessagesWithAny(bool encoded)
    {
        int calls = 0;
        TaskDefinition task = _queue.RegisterTask("*", () => { calls++; });

        await TestQueue.RunAsync(task, new ArgumentArray(["a", 2]), encoded);
        await TestQueue.RunAsync(task, _queue.RegisterTask<int>("typed").WithArgs(1).Arguments, encoded);

        Assert.Equal(2, calls);
    }
}
