namespace TaskQ.Sqs.Client;

/// <summary>The calls of Amazon SQS that TaskQ makes; an <c>IAmazonSQS</c> of AWSSDK.SQS fits behind it.</summary>
/// <remarks>
/// All members are safe for use by several threads. Each throws <see cref="SqsException"/> when the service refuses the
/// call or can't be reached. A client retries what is worth it and verifies the checksums of what it sends and receives.
/// The entries of a batch succeed or fail one by one.
/// </remarks>
public interface ISqsClient : IDisposable
{
    /// <summary>Creates a queue, or finds the one of that name and these attributes.</summary>
    /// <param name="queueName">Its name, with <c>.fifo</c> at the end for a FIFO queue.</param>
    /// <param name="attributes">Its attributes, such as <c>VisibilityTimeout</c>; what is left out has the service's default.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The queue's URL.</returns>
    Task<string> CreateQueueAsync(string queueName, IReadOnlyDictionary<string, string> attributes, CancellationToken cancellationToken);

    /// <summary>Finds a queue.</summary>
    /// <param name="queueName">Its name.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The queue's URL.</returns>
    Task<string> GetQueueUrlAsync(string queueName, CancellationToken cancellationToken);

    /// <summary>Reads attributes of a queue.</summary>
    /// <param name="queueUrl">The queue's URL.</param>
    /// <param name="names">Which attributes; <c>All</c> for all.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The values by name; an attribute that is not set is missing.</returns>
    Task<IReadOnlyDictionary<string, string>> GetQueueAttributesAsync(string queueUrl, IReadOnlyList<string> names, CancellationToken cancellationToken);

    /// <summary>Sends a message.</summary>
    /// <param name="queueUrl">The queue's URL.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Cancels the wait; the message may be sent all the same.</param>
    /// <returns>What the service made of it; never an error.</returns>
    Task<SqsSendResult> SendAsync(string queueUrl, SqsOutgoingMessage message, CancellationToken cancellationToken);

    /// <summary>Sends messages by one request.</summary>
    /// <param name="queueUrl">The queue's URL.</param>
    /// <param name="messages">The messages, 1 to 10.</param>
    /// <param name="cancellationToken">Cancels the wait; messages may be sent all the same.</param>
    /// <returns>The results in the order of the messages.</returns>
    Task<IReadOnlyList<SqsSendResult>> SendBatchAsync(string queueUrl, IReadOnlyList<SqsOutgoingMessage> messages, CancellationToken cancellationToken);

    /// <summary>Receives messages, which are then hidden from others for a while.</summary>
    /// <param name="queueUrl">The queue's URL.</param>
    /// <param name="request">How many, and how long to wait for the first.</param>
    /// <param name="cancellationToken">Cancels the wait; messages that were on their way stay hidden until their time is over.</param>
    /// <returns>The messages; none when the wait was in vain.</returns>
    Task<SqsReceived> ReceiveAsync(string queueUrl, SqsReceiveRequest request, CancellationToken cancellationToken);

    /// <summary>Deletes a received message.</summary>
    /// <param name="queueUrl">The queue's URL.</param>
    /// <param name="receiptHandle">The handle of its latest receipt.</param>
    /// <param name="cancellationToken">Cancels the wait; the message may be deleted all the same.</param>
    /// <returns>A task that ends when it is deleted.</returns>
    Task DeleteAsync(string queueUrl, string receiptHandle, CancellationToken cancellationToken);

    /// <summary>Deletes received messages by one request.</summary>
    /// <param name="queueUrl">The queue's URL.</param>
    /// <param name="receiptHandles">The handles, 1 to 10.</param>
    /// <param name="cancellationToken">Cancels the wait; messages may be deleted all the same.</param>
    /// <returns>For each handle, in their order, null when it is done, or what was wrong.</returns>
    Task<IReadOnlyList<SqsEntryError?>> DeleteBatchAsync(string queueUrl, IReadOnlyList<string> receiptHandles, CancellationToken cancellationToken);

    /// <summary>Sets how long a received message stays hidden from now on.</summary>
    /// <param name="queueUrl">The queue's URL.</param>
    /// <param name="change">The message and the time.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that ends when it is set.</returns>
    Task ChangeVisibilityAsync(string queueUrl, SqsVisibilityChange change, CancellationToken cancellationToken);

    /// <summary>Sets how long received messages stay hidden, by one request.</summary>
    /// <param name="queueUrl">The queue's URL.</param>
    /// <param name="changes">The messages and times, 1 to 10.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>For each change, in their order, null when it is done, or what was wrong.</returns>
    Task<IReadOnlyList<SqsEntryError?>> ChangeVisibilityBatchAsync(string queueUrl, IReadOnlyList<SqsVisibilityChange> changes, CancellationToken cancellationToken);

    /// <summary>Deletes all messages of a queue, which takes the service up to a minute; it may be done once a minute.</summary>
    /// <param name="queueUrl">The queue's URL.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that ends when the service has taken it.</returns>
    Task PurgeAsync(string queueUrl, CancellationToken cancellationToken);
}
