using TaskQ.Memory;

namespace TaskQ;

/// <summary>Queues in the memory of the host's process.</summary>
public static class MemoryBuilderExtensions
{
    /// <summary>Keeps queues in memory: on a host's builder those that are added after it, on a queue's builder that one.</summary>
    /// <typeparam name="TBuilder">The builder's type.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Sets options. The default is null: all defaults.</param>
    /// <returns>The same builder.</returns>
    public static TBuilder UseMemory<TBuilder>(this TBuilder builder, Action<MemoryOptions>? configure = null)
        where TBuilder : TaskQBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.UseBackend("Memory", _ =>
        {
            var options = new MemoryOptions();
            configure?.Invoke(options);
            return new MemoryQueueFactory(options);
        });
        return builder;
    }
}
