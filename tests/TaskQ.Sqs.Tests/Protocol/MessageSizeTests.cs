using TaskQ.Sqs.Client;
using TaskQ.Sqs.Protocol;

namespace TaskQ.Sqs.Tests.Protocol;

public sealed class MessageSizeTests
{
    [Fact]
    public void Of_Body_IsItsBytes() => Assert.Equal(5 + 2 + 3 + 4, MessageSize.Of(new() { Body = "a\"<\\&é鋼😀" }));

    [Fact]
    public void Of_Attributes_CountsNamesTypesAndValues() => Assert.Equal(
        1 + ("text".Length + "String".Length + 2) + ("n".Length + "Number".Length + 3) + ("b".Length + "Binary".Length + 4),
        MessageSize.Of(new()
        {
            Body = "x",
            Attributes = new Dictionary<string, SqsAttributeValue>
            {
                ["text"] = SqsAttributeValue.OfText("é"),
                ["n"] = SqsAttributeValue.OfNumber(-42),
                ["b"] = SqsAttributeValue.OfBytes(new byte[4]),
            },
        }));
}
