using TaskQ.Registry;
using Xunit;

namespace TaskQ.Tests.Registry;

public sealed class QueueOptionsRangeTests
{
    [Theory]
    [InlineData(nameof(QueueOptions.PauseDuration))]
    [InlineData(nameof(QueueOptions.LeaseDuration))]
    [InlineData(nameof(QueueOptions.FetchWait))]
    public void Validate_LongerThanATimer_IsRefusedByName(string name)
    {
        var options = new QueueOptions { Name = "q" };
        typeof(QueueOptions).GetProperty(name)!.SetValue(options, QueueDefaults.MaxTimer);
        QueueOptionsValidator.Validate(options);

        typeof(QueueOptions).GetProperty(name)!.SetValue(options, TimeSpan.MaxValue);

        Assert.Contains(name, Assert.Throws<ArgumentException>(() => QueueOptionsValidator.Validate(options)).Message, StringComparison.Ordinal);
    }
}
