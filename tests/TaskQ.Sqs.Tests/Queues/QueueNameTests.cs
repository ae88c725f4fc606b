using TaskQ.Sqs.Queues;

namespace TaskQ.Sqs.Tests.Queues;

public sealed class QueueNameTests
{
    [Theory]
    [InlineData(null, "mail", false, "mail")]
    [InlineData("app-", "mail_1", false, "app-mail_1")]
    [InlineData("app-", "mail", true, "app-mail.fifo")]
    public void Of_Allowed_IsThat(string? prefix, string queue, bool isFifo, string name) => Assert.Equal(name, QueueName.Of(prefix, queue, isFifo));

    [Theory]
    [InlineData("a.b", false)]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345678901234567890", true)]
    public void Of_NotAllowed_NamesTheQueue(string queue, bool isFifo)
    {
        var error = Assert.Throws<ArgumentException>(() => QueueName.Of(null, queue, isFifo));

        Assert.Contains($"'{queue}'", error.Message, StringComparison.Ordinal);
    }
}
