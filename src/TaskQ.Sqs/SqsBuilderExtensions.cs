using TaskQ.Sqs;
using TaskQ.Sqs.Client;

namespace TaskQ;

/// <summary>Queues in Amazon SQS.</summary>
public static class SqsBuilderExtensions
{
    /// <summary>Keeps queues in SQS: on a host's builder those that are added after it, on a queue's builder that one.</summary>
    /// <remarks>An <see cref="ISqsClient"/> of the host's services is used when there is one, and left open; what says how to reach the service is not used then.</remarks>
    /// <typeparam name="TBuilder">The builder's type.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Sets options. The default is null: all defaults.</param>
    /// <returns>The same builder.</returns>
    public static TBuilder UseSqs<TBuilder>(this TBuilder builder, Action<SqsOptions>? configure = null)
        where TBuilder : TaskQBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.UseBackend("Amazon SQS", services =>
        {
            var options = new SqsOptions();
            configure?.Invoke(options);
            return services.GetService(typeof(ISqsClient)) is ISqsClient client
                ? new SqsQueueFactory(client, options)
                : new SqsQueueFactory(options);
        });
        return builder;
    }
}
