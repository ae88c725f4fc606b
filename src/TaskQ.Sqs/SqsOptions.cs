using Amazon.Runtime;
using TaskQ.Backend;
using TaskQ.Backend.Coordinate;

namespace TaskQ.Sqs;

/// <summary>How the SQS backend works. Validated and copied when a queue factory is created.</summary>
public sealed class SqsOptions
{
    private static readonly TimeSpan MaxVisibility = TimeSpan.FromHours(12);

    /// <summary>The AWS region, such as <c>eu-central-1</c>. The default is null: where every AWS SDK finds it (<c>AWS_REGION</c>, the profile, the machine).</summary>
    public string? Region { get; set; }

    /// <summary>The service's URL, such as that of a local server. The default is null: <c>AWS_ENDPOINT_URL_SQS</c>, <c>AWS_ENDPOINT_URL</c>, the profile's, or that of the region.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>The profile of the shared AWS files that credentials and settings come from. The default is null: <c>AWS_PROFILE</c>, or the one called default.</summary>
    public string? Profile { get; set; }

    /// <summary>The credentials. The default is null: where every AWS SDK finds them.</summary>
    public AWSCredentials? Credentials { get; set; }

    /// <summary>What the names of the queues in SQS begin with: up to 40 of <c>A-Z a-z 0-9 _ -</c>. The default is null: the queue's name alone.</summary>
    public string? QueueNamePrefix { get; set; }

    /// <summary>Whether a queue that is missing is created; otherwise that is an error. The default is false.</summary>
    public bool CreateQueues { get; set; }

    /// <summary>How long a received message stays hidden without a heartbeat, whole seconds from 1 second to 12 hours. The default is null: <see cref="QueueOptions.LeaseDuration"/>.</summary>
    public TimeSpan? VisibilityTimeout { get; set; }

    /// <summary>Whether the queues are FIFO queues, whose names in SQS end with <c>.fifo</c>. The default is false.</summary>
    public bool Fifo { get; set; }

    /// <summary>The group of a message in a FIFO queue, 1 to 128 characters: in a group, one message after the other. The default is null: the queue is one group.</summary>
    public Func<NewMessage, string>? MessageGroup { get; set; }

    /// <summary>What a FIFO queue knows a repeated add by for 5 minutes, 1 to 128 characters. The default is null: the message's id.</summary>
    public Func<NewMessage, string>? DeduplicationId { get; set; }

    /// <summary>
    /// What keeps names, limits over all processes, dead letters with their reasons, pauses and cancelling, of which SQS has no notion: such
    /// as a factory of queues in Redis. It stays its owner's, and must outlive the queues. The default is null: names and such limits are refused.
    /// </summary>
    public IQueueCoordinatorFactory? Coordinator { get; set; }

    /// <summary>The name or ARN of the queue for dead letters, to which SQS itself moves what was received too often. The default is null: that of the queue's redrive policy, or one named like the queue with <c>-dead</c> behind it.</summary>
    public string? DeadLetterQueue { get; set; }

    /// <summary>How often a message is received before it moves there, from 3 to 1,000. The default is 10.</summary>
    public int MaxReceiveCount { get; set; } = 10;

    /// <summary>How long one receive waits for the first message at most, whole seconds from 1 to 20 seconds. The default is 20 s.</summary>
    public TimeSpan LongPoll { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long deletes wait for others to share a request, from 0 to 1 second. The default is 50 ms.</summary>
    public TimeSpan BatchWindow { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long one attempt of a request may take, at least 5 seconds more than <see cref="LongPoll"/> and at most 5 minutes. The default is 30 s.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A copy that later changes don't reach.</summary>
    internal SqsOptions Copy() => (SqsOptions)MemberwiseClone();

    /// <summary>Throws one exception that lists every value out of its range.</summary>
    internal void Validate()
    {
        List<string>? errors = null;
        Check(Region is null || IsName(Region), $"Region is '{Region}'; it must be like 'eu-central-1', or null.");
        Check(
            Endpoint is null || (Endpoint.IsAbsoluteUri && Endpoint.Scheme is "http" or "https" && Endpoint.UserInfo.Length == 0),
            "Endpoint must be an absolute http or https URL without a user or password, or null.");
        Check(Profile is null || Profile.Trim().Length > 0, "Profile is empty; it must be a profile's name, or null.");
        Check(Profile is null || Credentials is null, "Profile and Credentials are both set; one must be null.");
        Check(
            QueueNamePrefix is null || (QueueNamePrefix.Length <= 40 && QueueNamePrefix.All(IsNameCharacter)),
            $"QueueNamePrefix is '{QueueNamePrefix}'; it must be up to 40 of A-Z a-z 0-9 _ -");
        Check(
            VisibilityTimeout is not { } visibility || (IsWholeSeconds(visibility) && visibility >= TimeSpan.FromSeconds(1) && visibility <= MaxVisibility),
            $"VisibilityTimeout is {VisibilityTimeout}; it must be whole seconds from 1 second to 12 hours, or null.");
        Check(MessageGroup is null || Fifo, "MessageGroup is set; it must be null unless Fifo is true.");
        Check(DeduplicationId is null || Fifo, "DeduplicationId is set; it must be null unless Fifo is true.");
        Check(
            DeadLetterQueue is null || IsQueue(DeadLetterQueue),
            $"DeadLetterQueue is '{DeadLetterQueue}'; it must be an ARN of SQS, or a name of 1 to 80 of A-Z a-z 0-9 _ - that ends with .fifo just if Fifo is true, or null.");
        Check(MaxReceiveCount is >= 3 and <= 1000, $"MaxReceiveCount is {MaxReceiveCount}; it must be from 3 to 1000.");
        Check(
            IsWholeSeconds(LongPoll) && LongPoll >= TimeSpan.FromSeconds(1) && LongPoll <= TimeSpan.FromSeconds(20),
            $"LongPoll is {LongPoll}; it must be whole seconds from 1 to 20 seconds.");
        Check(
            BatchWindow >= TimeSpan.Zero && BatchWindow <= TimeSpan.FromSeconds(1),
            $"BatchWindow is {BatchWindow}; it must be from 0 to 1 second.");
        Check(
            RequestTimeout >= LongPoll + TimeSpan.FromSeconds(5) && RequestTimeout <= TimeSpan.FromMinutes(5),
            $"RequestTimeout is {RequestTimeout}; it must be at least 5 seconds more than LongPoll and at most 5 minutes.");
        if (errors is not null)
        {
            throw new ArgumentException($"The SQS options are not valid. {string.Join(' ', errors)}");
        }

        void Check(bool valid, string error)
        {
            if (!valid)
            {
                (errors ??= []).Add(error);
            }
        }
    }

    private bool IsQueue(string queue)
    {
        string name = queue.StartsWith("arn:", StringComparison.Ordinal) && queue.Split(':') is [_, _, "sqs", _, _, var last] ? last : queue;
        bool isFifo = name.EndsWith(".fifo", StringComparison.Ordinal);
        return name.Length <= 80 && isFifo == Fifo && IsName(isFifo ? name[..^".fifo".Length] : name);
    }

    private static bool IsName(string name) => name.Length > 0 && name.All(IsNameCharacter);

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-';

    private static bool IsWholeSeconds(TimeSpan time) => time.Ticks % TimeSpan.TicksPerSecond == 0;
}
