using System.Buffers;
using TaskQ.Registry;

namespace TaskQ.Tests.Add;

/// <summary>Arguments as values, as the registry will hold them.</summary>
internal sealed class TestArguments(params object?[] values) : MessageArguments
{
    public override int Count => values.Length;

    public override object? this[int index] => values[index];

    public override void Write(IPayloadSerializer serializer, IBufferWriter<byte> output)
    {
        serializer.WriteCount(output, values.Length);
        PayloadWriter<object?> writer = serializer.GetWriter<object?>();
        foreach (object? value in values)
        {
            writer(output, value);
        }
    }
}
