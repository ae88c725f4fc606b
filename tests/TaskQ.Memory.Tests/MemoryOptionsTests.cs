using Xunit;

namespace TaskQ.Memory.Tests;

public sealed class MemoryOptionsTests
{
    [Fact]
    public void Constructor_SeveralBadValues_NamesThemAll()
    {
        var options = new MemoryOptions { Capacity = 0, MaxNames = -1, MaxDeadLetters = 0, FullMode = (CapacityMode)9 };

        var error = Assert.Throws<ArgumentException>(() => new MemoryQueueFactory(options));

        foreach (string name in new[] { "Capacity is 0", "MaxNames is -1", "MaxDeadLetters is 0", "FullMode is 9" })
        {
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Defaults_AreTheDocumentedOnes()
    {
        var options = new MemoryOptions();

        Assert.Equal(
            (false, null, CapacityMode.Wait, 1_000_000, 100_000),
            (options.EncodeMessages, options.Capacity, options.FullMode, options.MaxNames, options.MaxDeadLetters));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Capabilities_PassesReferences_UnlessMessagesAreEncoded(bool encode)
    {
        await using var rig = new Rig(memory: new MemoryOptions { EncodeMessages = encode });

        Assert.Equal(!encode, rig.Backend.Capabilities.PassesReferences);
        Assert.Equal("in_memory", rig.Backend.Capabilities.System);
    }
}
