using System.Globalization;
using TaskQ.Sqs.Client;

namespace TaskQ.Sqs.Queues;

/// <summary>Finds the queue of a TaskQ queue, or creates it when that is asked for, and checks that it fits the options.</summary>
internal sealed class QueueFinder(ISqsClient client, SqsOptions options)
{
    /// <summary>The fewest receives that leave room for a lost answer and a crash.</summary>
    private const int MinReceiveCount = 3;

    private static readonly string[] Wanted = ["QueueArn", "MaximumMessageSize", "VisibilityTimeout", "RedrivePolicy"];

    /// <param name="queue">The name of the TaskQ queue.</param>
    /// <param name="visibility">The visibility timeout of a queue that is created.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    /// <exception cref="SqsException">The queue is missing or does not fit; the message says what to do.</exception>
    public async Task<QueueInfo> FindAsync(string queue, TimeSpan visibility, CancellationToken cancellationToken)
    {
        // 1. The dead letter queue first: the other one refers to it.
        RedrivePolicy? redrive = options.DeadLetterQueue is { } dead
            ? new RedrivePolicy(await ArnAsync(dead, cancellationToken).ConfigureAwait(false), options.MaxReceiveCount)
            : null;

        // 2. The queue itself, which may have to be created.
        string name = QueueName.Of(options.QueueNamePrefix, queue, options.Fifo);
        string url = await UrlAsync(name, Attributes(visibility, redrive), cancellationToken).ConfigureAwait(false);

        // 3. What it is like, whoever created it.
        QueueInfo info = await InfoAsync(name, url, cancellationToken).ConfigureAwait(false);
        CheckRedrive(info, redrive);
        return info;
    }

    /// <summary>Finds the queue of the dead letters: the one that the redrive policy names, otherwise one beside the queue.</summary>
    /// <param name="queue">The name of the TaskQ queue.</param>
    /// <param name="info">The queue itself.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    /// <exception cref="SqsException">It is missing; the message says what to do.</exception>
    public async Task<QueueInfo> FindDeadAsync(string queue, QueueInfo info, CancellationToken cancellationToken)
    {
        string name = info.Redrive is { } redrive
            ? redrive.DeadLetterArn[(redrive.DeadLetterArn.LastIndexOf(':') + 1)..]
            : QueueName.Of(options.QueueNamePrefix, queue + QueueName.DeadSuffix, options.Fifo);
        string url = await UrlAsync(name, Attributes(visibility: null, redrive: null), cancellationToken).ConfigureAwait(false);
        return await InfoAsync(name, url, cancellationToken).ConfigureAwait(false);
    }

    private async Task<string> ArnAsync(string queue, CancellationToken cancellationToken)
    {
        if (queue.StartsWith("arn:", StringComparison.Ordinal))
        {
            return queue;
        }

        string url = await UrlAsync(queue, Attributes(visibility: null, redrive: null), cancellationToken).ConfigureAwait(false);
        return (await InfoAsync(queue, url, cancellationToken).ConfigureAwait(false)).Arn;
    }

    private async Task<string> UrlAsync(string name, SortedDictionary<string, string> attributes, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetQueueUrlAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (SqsException error) when (error.Kind == SqsErrorKind.QueueDoesNotExist)
        {
            if (options.CreateQueues)
            {
                return await client.CreateQueueAsync(name, attributes, cancellationToken).ConfigureAwait(false);
            }

            throw new SqsException(
                $"The SQS queue '{name}' does not exist. Create it by: {AwsCommand.CreateQueue(options, name, attributes)} or set SqsOptions.CreateQueues.")
            {
                Kind = error.Kind,
                ErrorCode = error.ErrorCode,
                StatusCode = error.StatusCode,
                RequestId = error.RequestId,
                IsSenderFault = true,
            };
        }
    }

    private async Task<QueueInfo> InfoAsync(string name, string url, CancellationToken cancellationToken)
    {
        var attributes = await client.GetQueueAttributesAsync(url, Wanted, cancellationToken).ConfigureAwait(false);
        return new QueueInfo(
            name,
            url,
            attributes["QueueArn"],
            int.Parse(attributes["MaximumMessageSize"], CultureInfo.InvariantCulture),
            TimeSpan.FromSeconds(int.Parse(attributes["VisibilityTimeout"], CultureInfo.InvariantCulture)),
            RedrivePolicy.Parse(attributes.GetValueOrDefault("RedrivePolicy")));
    }

    private void CheckRedrive(QueueInfo queue, RedrivePolicy? wanted)
    {
        string? fault = queue.Redrive switch
        {
            null when wanted is not null => $"has no redrive policy, and SqsOptions.DeadLetterQueue is {wanted.DeadLetterArn}.",
            { } found when wanted is not null && found.DeadLetterArn != wanted.DeadLetterArn =>
                $"moves dead letters to {found.DeadLetterArn}, and SqsOptions.DeadLetterQueue is {wanted.DeadLetterArn}.",
            { MaxReceiveCount: < MinReceiveCount } found =>
                $"moves messages to {found.DeadLetterArn} after {found.MaxReceiveCount} receives; a lost answer or a stopped worker takes one each, so it must be at least {MinReceiveCount}.",
            _ => null,
        };
        if (fault is null)
        {
            return;
        }

        RedrivePolicy right = wanted ?? queue.Redrive! with { MaxReceiveCount = options.MaxReceiveCount };
        var attributes = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["RedrivePolicy"] = right.ToJson() };
        throw new SqsException($"The SQS queue '{queue.Name}' {fault} Change it by: {AwsCommand.SetAttributes(options, queue.Url, attributes)}")
        {
            Kind = SqsErrorKind.InvalidRequest,
            IsSenderFault = true,
        };
    }

    private SortedDictionary<string, string> Attributes(TimeSpan? visibility, RedrivePolicy? redrive)
    {
        // Kept as long as SQS allows: a message that nobody handles must not just vanish after the usual 4 days.
        var attributes = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["MessageRetentionPeriod"] = Seconds(TimeSpan.FromDays(14)),
        };
        if (visibility is { } time)
        {
            attributes["VisibilityTimeout"] = Seconds(time);
        }

        if (options.Fifo)
        {
            attributes["FifoQueue"] = "true";
        }

        if (redrive is not null)
        {
            attributes["RedrivePolicy"] = redrive.ToJson();
        }

        return attributes;
    }

    private static string Seconds(TimeSpan time) => ((long)Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
