namespace TaskQ.Add.Encode.MessagePack;

/// <summary>A user's formatter. It counts as one level of depth, so that one that calls itself ends at the limit.</summary>
internal sealed class UserFormatter<T>(IMessagePackFormatter<T> formatter) : Formatter<T>
{
    public override void Write(ref MessagePackWriter writer, T? value)
    {
        writer.Enter();
        formatter.Write(ref writer, value!);
        writer.Leave();
    }

    public override T Read(ref MessagePackReader reader)
    {
        reader.Enter();
        var value = formatter.Read(ref reader);
        reader.Leave();
        return value;
    }
}
