using TaskQ.Finish;
using Xunit;

namespace TaskQ.Tests.Finish;

public sealed class ErrorTextTests
{
    [Fact]
    public void Of_PlainText_IsUnchanged()
    {
        const string Text = "No row for 'ö' – 100 %";
        Assert.Same(Text, ErrorText.Of(new InvalidOperationException(Text)));
    }

    [Fact]
    public void Of_LineBreaksEscapesAndBidirectionalMarks_EscapesThem() =>
        Assert.Equal("a\\u000d\\u000ab\\u001b[31m\\u202ec\\u2028", ErrorText.Of(new InvalidOperationException("a\r\nb\u001b[31m\u202ec\u2028")));

    [Theory]
    [InlineData('x')]
    [InlineData('\n')]
    public void Of_HugeText_IsBounded(char c) =>
        Assert.Equal(ErrorText.MaxLength, ErrorText.Of(new InvalidOperationException(new string(c, 10_000_000))).Length);
}
