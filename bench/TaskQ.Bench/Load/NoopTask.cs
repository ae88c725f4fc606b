namespace TaskQ.Bench.Load;

/// <summary>The task of the throughput scenarios: a string and an int, and a handler that does next to nothing.</summary>
internal sealed class NoopTask
{
    /// <summary>The string argument.</summary>
    public const string Text = "someone@example.org";

    private readonly Func<int, TaskMessage> _make;

    public NoopTask(TaskQueue queue, Action<string, int> handler, bool typed)
    {
        if (typed)
        {
            TaskDefinition<string, int> task = queue.RegisterTask<string, int>("noop");
            task.Handle(handler);
            _make = number => task.WithArgs(Text, number);
        }
        else
        {
            TaskDefinition task = queue.RegisterTask("noop", handler);
            _make = number => task.WithArgs(Text, number);
        }
    }

    /// <summary>A new message.</summary>
    public TaskMessage Make(int number) => _make(number);

    /// <summary>New messages, made as they are asked for.</summary>
    public IEnumerable<TaskMessage> MakeMany(int from, int count)
    {
        for (int i = from; i < from + count; i++)
        {
            yield return _make(i);
        }
    }
}
