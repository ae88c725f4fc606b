using TaskQ.Tests.Registry;
using Xunit;

namespace TaskQ.Tests.Add;

internal static class TestMessages
{
    public static readonly Guid Id = new("019342a5-6f80-7abc-8def-0123456789ab");

    public static readonly DateTimeOffset Now = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero).AddTicks(1234567);

    public static QueueOptions Options() => new() { Name = "main", Serializer = new TestSerializer() };

    /// <summary>A message of a task that is known here; the queue is there, but no store.</summary>
    public static TaskMessage Create(string taskName, params object?[] arguments) =>
        new(new TaskDefinition(new TaskQueue(Options(), new UnusedBackend()), new TaskOptions { Name = taskName }, null), Id, new TestArguments(arguments));

    public static TaskMessage Added(this TaskMessage message)
    {
        Assert.True(message.TryBeginAdd(Now));
        return message;
    }
}
