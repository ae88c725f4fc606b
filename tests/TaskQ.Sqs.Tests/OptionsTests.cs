using Amazon.Runtime;

namespace TaskQ.Sqs.Tests;

public sealed class OptionsTests
{
    public static TheoryData<string, Action<SqsOptions>> Wrong => new()
    {
        { "Region is 'eu central'", options => options.Region = "eu central" },
        { "Region is ''", options => options.Region = "" },
        { "Endpoint", options => options.Endpoint = new Uri("ftp://localhost") },
        { "Endpoint", options => options.Endpoint = new Uri("/relative", UriKind.Relative) },
        { "Endpoint", options => options.Endpoint = new Uri("http://user:canary@localhost") },
        { "Profile", options => options.Profile = " " },
        { "Profile and Credentials", options => (options.Profile, options.Credentials) = ("p", new AnonymousAWSCredentials()) },
        { "QueueNamePrefix is 'a.b'", options => options.QueueNamePrefix = "a.b" },
        { "QueueNamePrefix", options => options.QueueNamePrefix = new string('a', 41) },
        { "VisibilityTimeout is 00:00:00;", options => options.VisibilityTimeout = TimeSpan.Zero },
        { "VisibilityTimeout is 00:00:01.5", options => options.VisibilityTimeout = TimeSpan.FromSeconds(1.5) },
        { "VisibilityTimeout is 12:00:01", options => options.VisibilityTimeout = TimeSpan.FromHours(12) + TimeSpan.FromSeconds(1) },
        { "MessageGroup", options => options.MessageGroup = _ => "g" },
        { "DeduplicationId", options => options.DeduplicationId = _ => "d" },
        { "DeadLetterQueue is 'a.fifo'", options => options.DeadLetterQueue = "a.fifo" },
        { "DeadLetterQueue is 'a'", options => (options.DeadLetterQueue, options.Fifo) = ("a", true) },
        { "DeadLetterQueue is 'arn:aws:sns:eu-central-1:1:a'", options => options.DeadLetterQueue = "arn:aws:sns:eu-central-1:1:a" },
        { "DeadLetterQueue is ''", options => options.DeadLetterQueue = "" },
        { "MaxReceiveCount is 2", options => options.MaxReceiveCount = 2 },
        { "MaxReceiveCount is 1001", options => options.MaxReceiveCount = 1001 },
        { "LongPoll is 00:00:00;", options => options.LongPoll = TimeSpan.Zero },
        { "LongPoll is 00:00:21", options => options.LongPoll = TimeSpan.FromSeconds(21) },
        { "BatchWindow is -00:00:01", options => options.BatchWindow = TimeSpan.FromSeconds(-1) },
        { "BatchWindow is 00:00:02", options => options.BatchWindow = TimeSpan.FromSeconds(2) },
        { "RequestTimeout is 00:00:24", options => options.RequestTimeout = TimeSpan.FromSeconds(24) },
        { "RequestTimeout is 00:06:00", options => options.RequestTimeout = TimeSpan.FromMinutes(6) },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Validate_OutOfRange_NamesOptionAndValue(string named, Action<SqsOptions> configure)
    {
        var options = new SqsOptions();
        configure(options);

        var error = Assert.Throws<ArgumentException>(options.Validate);

        Assert.Contains(" " + named, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_SeveralOutOfRange_NamesAll()
    {
        var options = new SqsOptions { MaxReceiveCount = 0, LongPoll = TimeSpan.FromMinutes(1), QueueNamePrefix = "!" };

        var error = Assert.Throws<ArgumentException>(options.Validate);

        Assert.All(["MaxReceiveCount", "LongPoll", "QueueNamePrefix"], name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Validate_DefaultsAndEachInRange_Passes()
    {
        new SqsOptions().Validate();
        new SqsOptions
        {
            Region = "eu-central-1",
            Endpoint = new Uri("https://localhost:4566"),
            Profile = "work",
            QueueNamePrefix = "app-",
            VisibilityTimeout = TimeSpan.FromHours(12),
            Fifo = true,
            MessageGroup = message => message.TaskName,
            DeduplicationId = message => message.Id.ToString(),
            DeadLetterQueue = "arn:aws:sqs:eu-central-1:123456789012:dead.fifo",
            MaxReceiveCount = 3,
            LongPoll = TimeSpan.FromSeconds(1),
            BatchWindow = TimeSpan.Zero,
            RequestTimeout = TimeSpan.FromSeconds(6),
        }.Validate();
    }

    [Fact]
    public void Copy_ChangedLater_StaysAsItWas()
    {
        var options = new SqsOptions { Region = "eu-central-1" };
        SqsOptions copy = options.Copy();

        options.Region = "eu-west-1";

        Assert.Equal("eu-central-1", copy.Region);
    }
}
