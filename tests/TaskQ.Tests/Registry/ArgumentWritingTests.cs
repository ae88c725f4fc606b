using System.Buffers;
using TaskQ.Registry;
using Xunit;

namespace TaskQ.Tests.Registry;

/// <summary>Arguments are written with the writers of their parameters' types, which are asked for once.</summary>
public sealed class ArgumentWritingTests
{
    private readonly JsonPayloadSerializer _serializer = new();

    [Fact]
    public void Write_UntypedTask_UsesTheParametersTypes()
    {
        TaskDefinition task = TestQueue.Create(serializer: _serializer).RegisterTask("t", (string? name, long size, int? count) => { });

        string text = Write(task.WithArgs(null, 3, null));
        string again = Write(task.WithArgs("b", 4, 5));

        Assert.Equal("3:null,3,null", text);
        Assert.Equal("3:\"b\",4,5", again);
        Assert.Equal([typeof(string), typeof(long), typeof(int?)], _serializer.Writers);
    }

    [Fact]
    public void Write_TypedTask_UsesItsTypes()
    {
        TaskDefinition<string, object, int> task = TestQueue.Create(serializer: _serializer).RegisterTask<string, object, int>("t");

        string text = Write(task.WithArgs("a", "b", 3));
        Write(task.WithArgs("a", "b", 3));

        Assert.Equal("3:\"a\",\"b\",3", text);
        Assert.Equal([typeof(string), typeof(object), typeof(int)], _serializer.Writers);
    }

    [Fact]
    public void Write_OptionalLeftOut_WritesTheRest()
    {
        TaskDefinition task = TestQueue.Create(serializer: _serializer).RegisterTask("t", (string name, int size = 3) => { });

        Assert.Equal("1:\"a\"", Write(task.WithArgs("a")));
    }

    [Fact]
    public void Write_CatchAll_WritesByTheValuesTypes()
    {
        TaskDefinition task = TestQueue.Create(serializer: _serializer).RegisterTask("*");

        Assert.Equal("3:1,\"b\",null", Write(task.WithArgs(1, "b", null)));
        Assert.Equal([typeof(object)], _serializer.Writers);
    }

    [Fact]
    public void Write_NoArguments_WritesTheCount() =>
        Assert.Equal("0:", Write(TestQueue.Create(serializer: _serializer).RegisterTask("t").WithArgs()));

    [Fact]
    public void Write_AnotherSerializer_IsUsed()
    {
        var other = new JsonPayloadSerializer();
        TaskDefinition<int> task = TestQueue.Create(serializer: _serializer).RegisterTask<int>("t");

        task.WithArgs(1).Arguments.Write(other, new ArrayBufferWriter<byte>());

        Assert.Equal([typeof(int)], other.Writers);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WriteCanonical_SerializerWithoutSuchAForm_WritesTheSame(bool typed)
    {
        TaskQueue queue = TestQueue.Create(serializer: _serializer);
        TaskMessage message = typed
            ? queue.RegisterTask<string, int>("t").WithArgs("a", 1)
            : queue.RegisterTask("t", (string name, int size) => { }).WithArgs("a", 1);

        Assert.Equal("2:\"a\",1", Write(message, canonical: true));
    }

    [Fact]
    public void Indexer_TypedArguments_GivesEach()
    {
        TaskQueue queue = TestQueue.Create(serializer: _serializer);
        MessageArguments[] all =
        [
            queue.RegisterTask<int>("1").WithArgs(0).Arguments,
            queue.RegisterTask<int, int>("2").WithArgs(0, 1).Arguments,
            queue.RegisterTask<int, int, int>("3").WithArgs(0, 1, 2).Arguments,
            queue.RegisterTask<int, int, int, int>("4").WithArgs(0, 1, 2, 3).Arguments,
            queue.RegisterTask<int, int, int, int, int>("5").WithArgs(0, 1, 2, 3, 4).Arguments,
            queue.RegisterTask<int, int, int, int, int, int>("6").WithArgs(0, 1, 2, 3, 4, 5).Arguments,
        ];

        for (int count = 1; count <= 6; count++)
        {
            MessageArguments arguments = all[count - 1];
            Assert.Equal(count, arguments.Count);
            Assert.Equal(Enumerable.Range(0, count), Enumerable.Range(0, count).Select(i => (int)arguments[i]!));
            Assert.Throws<ArgumentOutOfRangeException>(() => arguments[count]);
            EncodedArguments encoded = TestQueue.Encode(arguments, queue.Options.Serializer);
            Assert.Equal(count - 1, ((System.Text.Json.JsonElement)encoded[count - 1]!).GetInt32());
        }
    }

    private string Write(TaskMessage message, bool canonical = false)
    {
        var output = new ArrayBufferWriter<byte>();
        if (canonical)
        {
            message.Arguments.WriteCanonical(_serializer, output);
        }
        else
        {
            message.Arguments.Write(_serializer, output);
        }

        ReadOnlyMemory<byte> payload = output.WrittenMemory;
        int count = _serializer.ReadCount(ref payload);
        var values = new List<string>();
        while (!payload.IsEmpty)
        {
            int length = BitConverter.ToInt32(payload.Span);
            values.Add(System.Text.Encoding.UTF8.GetString(payload.Span.Slice(4, length)));
            payload = payload[(4 + length)..];
        }

        return $"{count}:{string.Join(",", values)}";
    }
}
