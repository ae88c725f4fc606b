using System.Buffers;
using TaskQ.Dispatch;
using TaskQ.Registry;

namespace TaskQ.Tests.Registry;

/// <summary>Creates a queue for tests of registration, and runs handlers the ways that dispatch does.</summary>
internal static class TestQueue
{
    public static TaskQueue Create(IServiceProvider? services = null, IPayloadSerializer? serializer = null) =>
        new(
            new QueueOptions { Name = "test", Services = services, Serializer = serializer ?? new JsonPayloadSerializer() },
            new UnusedBackend());

    /// <summary>The arguments as a worker gets them from a store.</summary>
    public static EncodedArguments Encode(MessageArguments arguments, IPayloadSerializer serializer)
    {
        var output = new ArrayBufferWriter<byte>();
        arguments.Write(serializer, output);
        ReadOnlyMemory<byte> payload = output.WrittenMemory;
        int count = serializer.ReadCount(ref payload);
        return new EncodedArguments(serializer, payload, count);
    }

    /// <summary>Runs a task's handler with arguments, by reference or through the serializer.</summary>
    public static async Task RunAsync(TaskDefinition task, MessageArguments arguments, bool encoded = false)
    {
        MessageArguments given = encoded ? Encode(arguments, task.Queue.Options.Serializer) : arguments;
        var message = new TaskMessage(task, Guid.NewGuid(), given);
        await using var invocation = new Invocation(message, task.Queue, CancellationToken.None);
        await task.Handler!.InvokeAsync(given, task.Handler.NeedsInvocation ? invocation : null);
    }

    /// <summary>Registers a handler as the task <c>t</c> on a queue of its own.</summary>
    public static TaskDefinition Register(Delegate handler, Delegate? fallback = null, IServiceProvider? services = null) =>
        Create(services).RegisterTask(new TaskOptions { Name = "t", Handler = handler, FallbackHandler = fallback });
}
