namespace TaskQ.Sqs.Client;

/// <summary>The client that a factory has of its own, for those who want to stand between: to count, to log, to slow down.</summary>
public static class SqsClient
{
    /// <summary>Creates a client, which finds credentials and region when it is first needed.</summary>
    /// <param name="options">Where the service is, and how to reach it; the rest is not used. They are copied.</param>
    /// <returns>The client; whoever creates it disposes it.</returns>
    /// <exception cref="ArgumentException">Options are not valid; the message lists all of them.</exception>
    public static ISqsClient Create(SqsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        SqsOptions copy = options.Copy();
        copy.Validate();
        return new AwsSqsClient(copy);
    }
}
