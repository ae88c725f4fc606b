using TaskQ.Sql.Listen;

namespace TaskQ.Sql.Tests.Listen;

/// <summary>What processes tell each other, as text.</summary>
public sealed class WakeUpTextTests
{
    [Fact]
    public void TryParse_WhatToStringWrote_IsTheSame()
    {
        foreach (var wakeUp in new WakeUp[] { new(7, null), new(7, TimeSpan.Zero), new(long.MaxValue, TimeSpan.FromMilliseconds(1500)) })
        {
            Assert.True(WakeUp.TryParse(wakeUp.ToString(), out var read));
            Assert.Equal(wakeUp, read);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("7 ")]
    [InlineData("7 x")]
    [InlineData("x a")]
    [InlineData("99999999999999999999 a")]
    [InlineData("8a1f8c1f6f3d4d1a9d1c7a1b2c3d4e5f")]
    public void TryParse_AnythingElse_IsRefused(string text) => Assert.False(WakeUp.TryParse(text, out _));

    [Theory]
    [InlineData("7 -5", 0)]
    [InlineData("7 9223372036854775807", 10)]
    public void TryParse_WaitOutOfRange_IsBounded(string text, int seconds)
    {
        Assert.True(WakeUp.TryParse(text, out var wakeUp));
        Assert.Equal(TimeSpan.FromSeconds(seconds), wakeUp.Wait);
    }
}
