using TaskQ.Add.Encode;
using Xunit;

namespace TaskQ.Tests.Add.Encode;

/// <summary>Frames as they are on the wire, put together by hand from <c>wire-format.md</c>. They never change: a new layout is a new version.</summary>
public sealed class FrameGoldenTests
{
    public static TheoryData<string, string> Frames => new()
    {
        {
            "no arguments",
            "5451010020C410019342A56F807ABC8DEF0123456789ABA174D3003EF9B5C687A007C0C090"
        },
        {
            "arguments",
            "545101002CC410019342A56F807ABC8DEF0123456789ABA6726573697A65D3003EF9B5C687A007C0C092A5612E706E67" +
            "40"
        },
        {
            "name and headers",
            "545101008701C410019342A56F807ABC8DEF0123456789ABA86772656574696E67D3003EF9B5C687A007AC68656C6C6F" +
            "2D77C3B6726C6482AB7472616365706172656E74D93730302D3061663736353139313663643433646438343438656232" +
            "3131633830333139632D623761643662373136393230333333312D3031A674656E616E74A13791A5576F726C64"
        },
        {
            "compressed",
            "5451010184058405B0C410019342A56F807ABC8DEF0123456789ABA86772656574696E67D3003EF9B5C687A007C0C092" +
            "DA0258787878FE0200FE0200FE0200FE0200FE0200FE0200FE0200FE0200FE020052020004A179"
        },
    };

    /// <summary>The same message from another encoder, which found the first copy two bytes earlier.</summary>
    public static TheoryData<string, string> ForeignFrames => new()
    {
        {
            "compressed",
            "5451010184058405A8C410019342A56F807ABC8DEF0123456789ABA86772656574696E67D3003EF9B5C687A007C0C092" +
            "DA025878FE0100FE0100FE0100FE0100FE0100FE0100FE0100FE0100FE01005A010004A179"
        },
    };

    [Theory]
    [MemberData(nameof(Frames))]
    public void Encode_KnownMessage_GivesTheseBytes(string which, string hex)
    {
        var codec = new FrameCodec(TestMessages.Options());

        Assert.Equal(hex, Convert.ToHexString(codec.Encode(Message(which))));
    }

    [Theory]
    [MemberData(nameof(Frames))]
    [MemberData(nameof(ForeignFrames))]
    public void Decode_TheseBytes_GivesTheMessage(string which, string hex)
    {
        TaskMessage expected = Message(which);

        TaskMessage message = new FrameCodec(TestMessages.Options()).Decode(Convert.FromHexString(hex));

        Assert.Equal(
            (expected.Id, expected.TaskName, expected.Name, expected.EnqueuedAt, expected.Arguments.Count),
            (message.Id, message.TaskName, message.Name, message.EnqueuedAt, message.Arguments.Count));
        Assert.Equal(expected.Headers, message.Headers);
        for (int i = 0; i < expected.Arguments.Count; i++)
        {
            Assert.Equal($"{expected.Arguments[i]}", $"{message.Arguments[i]}");
        }
    }

    private static TaskMessage Message(string which) => which switch
    {
        "no arguments" => TestMessages.Create("t").Added(),
        "arguments" => TestMessages.Create("resize", "a.png", 64).Added(),
        "name and headers" => TestMessages.Create("greeting", "World").WithName("hello-wörld")
            .WithHeader("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            .WithHeader("tenant", "7")
            .Added(),
        "compressed" => TestMessages.Create("greeting", new string('x', 600), "y").Added(),
        _ => throw new ArgumentOutOfRangeException(nameof(which)),
    };
}
